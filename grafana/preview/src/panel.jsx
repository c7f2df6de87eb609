// One panel: asks Prometheus, transforms the frames, applies the field configuration as the Grafana application does,
// and hands them to the body that draws them.

import { useEffect, useState } from 'react';
import {
  applyFieldOverrides,
  applyNullInsertThreshold,
  cacheFieldDisplayNames,
  FieldType,
  getDisplayProcessor,
  getFieldDisplayName,
} from '@grafana/data';
import { PanelChrome } from '@grafana/ui';
import { Body } from './bodies.jsx';
import { fullFieldConfig, panelRegistry } from './fields.js';
import { ask, transform } from './prometheus.js';
import { interpolate } from './variables.js';

const MACRO = /\$\{__(field|series)\.(?:labels\.(\w+)|(name|displayName))\}/g;

/** ${__field.labels.x}, ${__field.name}, ${__series.name}: the application's template service replaces these. */
function fieldMacros(text, context) {
  if (!context) {
    return text;
  }
  const { field, frame, data } = context;
  return String(text).replace(MACRO, (_, kind, label, name) => {
    if (label) {
      return field?.labels?.[label] ?? '';
    }
    return kind === 'series' || name === 'displayName' ? getFieldDisplayName(field, frame, data) : field.name;
  });
}

/** The classic palette counts number fields only, over all frames; a missing step becomes a gap; infinities are not drawn. */
function finishedCurves(frames, { theme, timeZone, range }) {
  const ends = { refFieldPseudoMin: range.from.valueOf(), refFieldPseudoMax: range.to.valueOf() };
  let index = 0;
  return frames.map((unfinished) => {
    const frame = applyNullInsertThreshold({ frame: unfinished, ...ends });
    for (const field of frame.fields.filter(({ type }) => type === FieldType.number)) {
      field.state = { ...field.state, seriesIndex: index++ };
      field.display = getDisplayProcessor({ field, theme, timeZone });
      field.values = field.values.map((value) => (Number.isFinite(value) ? value : null));
    }
    return frame;
  });
}

async function load(panel, width, context) {
  const { theme, timeZone, range, variables, prometheus } = context;
  const fieldConfig = fullFieldConfig(panel);
  const asked = await ask(prometheus, panel, range, width, variables);
  const frames = applyFieldOverrides({
    data: await transform(panel, asked, variables),
    fieldConfig,
    fieldConfigRegistry: panelRegistry(fieldConfig),
    replaceVariables: (text, scoped) => interpolate(fieldMacros(text, scoped?.__dataContext?.value), variables),
    theme,
    timeZone,
  });
  cacheFieldDisplayNames(frames);
  return { frames: panel.type === 'timeseries' ? finishedCurves(frames, context) : frames, fieldConfig };
}

export function Panel({ panel, box, context, done }) {
  const [loaded, setLoaded] = useState(null);
  const isRow = panel.type === 'row';
  useEffect(() => {
    if (isRow) {
      done(panel.id);
      return;
    }
    load(panel, box.width, context)
      .then(setLoaded)
      .catch((error) => {
        console.error(`panel "${panel.title}"`, error);
        setLoaded({ frames: [], fieldConfig: fullFieldConfig(panel), error: String(error.message ?? error) });
      })
      .finally(() => done(panel.id));
  }, []);
  const place = { position: 'absolute', ...box };
  if (isRow) {
    return <h6 style={{ ...place, margin: 0, color: context.theme.colors.text.primary }}>{panel.title}</h6>;
  }
  return (
    <div style={place}>
      <PanelChrome
        title={interpolate(panel.title, context.variables)}
        description={panel.description}
        width={box.width}
        height={box.height}
        statusMessage={loaded?.error}
        padding={panel.type === 'table' ? 'none' : 'md'}
      >
        {(width, height) => loaded && <Body panel={panel} width={width} height={height} {...loaded} {...context} />}
      </PanelChrome>
    </div>
  );
}
