// Painting on @grafana/ui's uPlot builder: its axes, fonts and theme, our own marks. For panels whose code lives in the
// Grafana application only.

import { applyNullInsertThreshold, FieldType, getFieldDisplayName } from '@grafana/data';
import { AxisPlacement, LegendDisplayMode, ScaleDirection, ScaleOrientation } from '@grafana/schema';
import { UPlotConfigBuilder, VizLayout, VizLegend } from '@grafana/ui';

/** Text of a display value. */
export const written = ({ prefix = '', text, suffix = '' }) => prefix + text + suffix;

/**
 * A plot with a time axis below and a row axis at the left whose marks `paint(plot, canvas)` draws.
 *
 * rowRange is [lowest, highest] of the row axis, rowAxis its further properties.
 */
export function plot({ theme, timeZone, range, rowRange, rowAxis, rowDirection = ScaleDirection.Up, paint }) {
  const builder = new UPlotConfigBuilder(timeZone);
  builder.addScale({
    scaleKey: 'x',
    isTime: true,
    orientation: ScaleOrientation.Horizontal,
    direction: ScaleDirection.Right,
    range: () => [range.from.valueOf(), range.to.valueOf()],
  });
  builder.addScale({
    scaleKey: 'y',
    isTime: false,
    orientation: ScaleOrientation.Vertical,
    direction: rowDirection,
    range: () => rowRange,
  });
  builder.addAxis({ scaleKey: 'x', isTime: true, placement: AxisPlacement.Bottom, timeZone, theme, grid: { show: true } });
  const bare = { grid: { show: false }, ticks: { show: false } };
  builder.addAxis({ scaleKey: 'y', isTime: false, placement: AxisPlacement.Left, theme, ...bare, ...rowAxis });
  builder.addSeries({
    scaleKey: 'y',
    theme,
    show: true,
    drawStyle: 'line',
    lineColor: 'transparent',
    showPoints: 'never',
    pathBuilder: () => null,
    pointsBuilder: () => false,
  });
  builder.addHook('draw', (u) => {
    u.ctx.save();
    u.ctx.beginPath();
    u.ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
    u.ctx.clip();
    paint(u, u.ctx);
    u.ctx.restore();
  });
  builder.setCursor({ show: false });
  return builder;
}

/** Data that make uPlot draw its axes over the whole range. */
export const blank = (range) => [
  [range.from.valueOf(), range.to.valueOf()],
  [null, null],
];

/** One row per value field: { name, field, times, interval }. With a range, gaps become nulls as in Grafana. */
export function rowsOf(frames, range) {
  const ends = range && { refFieldPseudoMin: range.from.valueOf(), refFieldPseudoMax: range.to.valueOf() };
  return frames.flatMap((original) => {
    const frame = ends ? applyNullInsertThreshold({ frame: original, ...ends }) : original;
    const time = frame.fields.find(({ type }) => type === FieldType.time);
    return frame.fields
      .filter((field) => field.type !== FieldType.time)
      .map((field) => ({
        name: getFieldDisplayName(field, original, frames),
        field,
        times: time.values,
        interval: time.config.interval,
      }));
  });
}

/** The plot with its legend below. */
export function WithLegend({ width, height, legend, items, children }) {
  const shown = legend?.showLegend && items.length > 0;
  const placement = legend?.placement ?? 'bottom';
  const element = shown && (
    <VizLayout.Legend placement={placement}>
      <VizLegend placement={placement} items={items} displayMode={legend.displayMode ?? LegendDisplayMode.List} readonly />
    </VizLayout.Legend>
  );
  return (
    <VizLayout width={width} height={height} legend={element || null}>
      {children}
    </VizLayout>
  );
}
