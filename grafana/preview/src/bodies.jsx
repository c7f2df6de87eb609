// What stands inside a panel, by type: Grafana's own components where its packages have them (timeseries, stat, bargauge,
// table), our own painting on its uPlot builder where they do not (state-timeline, heatmap).

import { FieldMatcherID, FieldType, fieldMatchers, getDisplayValueAlignmentFactors, getFieldDisplayValues } from '@grafana/data';
import { BarGauge, BigValue, TimeSeries, VizRepeater } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import { Heatmap } from './heatmap.jsx';
import { Timeline } from './timeline.jsx';

const AXES = {
  x: fieldMatchers.get(FieldMatcherID.firstTimeField).get({}),
  y: fieldMatchers.get(FieldMatcherID.byTypes).get(new Set([FieldType.number, FieldType.enum])),
};

function Curves({ panel, frames, width, height, range, timeZone }) {
  const legend = { calcs: [], displayMode: 'list', placement: 'bottom', showLegend: true, ...panel.options.legend };
  return (
    <TimeSeries
      frames={frames}
      fields={AXES}
      structureRev={1}
      width={width}
      height={height}
      timeRange={range}
      timeZone={[timeZone]}
      legend={legend}
      options={panel.options}
    />
  );
}

/** One value per series, side by side or one above the other. */
function Values({ panel, frames, width, height, fieldConfig, theme, timeZone, sparkline, spacing, renderValue }) {
  const { reduceOptions, orientation = 'auto' } = panel.options;
  const getValues = () =>
    getFieldDisplayValues({
      data: frames,
      fieldConfig,
      reduceOptions,
      sparkline,
      theme,
      timeZone,
      replaceVariables: (text) => text,
    });
  return (
    <VizRepeater
      source={frames}
      getValues={getValues}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderValue={renderValue}
      renderCounter={0}
      width={width}
      height={height}
      orientation={orientation}
      {...spacing}
    />
  );
}

function Stat(props) {
  const { panel, range, theme } = props;
  const { graphMode, colorMode, justifyMode, textMode, wideLayout } = panel.options;
  const renderValue = ({ value, width, height, count, alignmentFactors }) => (
    <BigValue
      value={value.display}
      sparkline={graphMode !== 'none' && value.sparkline ? { ...value.sparkline, timeRange: range } : undefined}
      count={count}
      colorMode={colorMode}
      graphMode={graphMode}
      justifyMode={justifyMode}
      textMode={textMode}
      text={panel.options.text}
      disableWideLayout={!wideLayout}
      alignmentFactors={alignmentFactors}
      width={width}
      height={height}
      theme={theme}
    />
  );
  return <Values {...props} sparkline={graphMode !== 'none'} spacing={{ autoGrid: true }} renderValue={renderValue} />;
}

function Bars(props) {
  const { panel, theme } = props;
  const { displayMode, minVizHeight, maxVizHeight, minVizWidth, showUnfilled, valueMode, namePlacement } = panel.options;
  const renderValue = ({ value, width, height, orientation, alignmentFactors }) => (
    <BarGauge
      value={value.display}
      field={value.field}
      display={value.view?.getFieldDisplayProcessor(value.colIndex)}
      orientation={orientation}
      displayMode={displayMode}
      showUnfilled={showUnfilled}
      valueDisplayMode={valueMode}
      namePlacement={namePlacement}
      itemSpacing={10}
      alignmentFactors={alignmentFactors}
      width={width}
      height={height}
      theme={theme}
    />
  );
  return <Values {...props} spacing={{ itemSpacing: 10, minVizHeight, maxVizHeight, minVizWidth }} renderValue={renderValue} />;
}

function Table({ panel, frames, width, height, range, fieldConfig }) {
  return (
    <TableNG
      data={frames[0]}
      width={width}
      height={height}
      noHeader={!panel.options.showHeader}
      sortBy={panel.options.sortBy}
      cellHeight={panel.options.cellHeight}
      timeRange={range}
      fieldConfig={fieldConfig}
      structureRev={1}
      resizable={false}
      enablePagination={false}
      enableVirtualization={false}
      disableSanitizeHtml={false}
      getActions={() => []}
    />
  );
}

function Nothing({ height, fieldConfig, theme }) {
  const middle = { height, display: 'flex', alignItems: 'center', justifyContent: 'center' };
  return <div style={{ ...middle, color: theme.colors.text.secondary }}>{fieldConfig.defaults.noValue ?? 'No data'}</div>;
}

const BODIES = { timeseries: Curves, stat: Stat, bargauge: Bars, table: Table, 'state-timeline': Timeline, heatmap: Heatmap };
const SAYS_SO_ITSELF = ['stat', 'bargauge'];

export function Body(props) {
  const { panel, frames } = props;
  const Known = BODIES[panel.type];
  if (!Known) {
    throw new Error(`no way to draw a panel of type ${panel.type}`);
  }
  const empty = frames.every((frame) => !frame.length);
  return empty && !SAYS_SO_ITSELF.includes(panel.type) ? <Nothing {...props} /> : <Known {...props} />;
}
