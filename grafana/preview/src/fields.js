// The registries that the Grafana application fills at start, and each panel type's defaults: field properties,
// transformations, custom properties.

import {
  dataLinksOverrideProcessor,
  displayNameOverrideProcessor,
  FieldConfigOptionsRegistry,
  FieldType,
  identityOverrideProcessor,
  standardFieldConfigEditorRegistry,
  standardTransformers,
  standardTransformersRegistry,
} from '@grafana/data';

const STANDARD = [
  'displayName',
  'unit',
  'min',
  'max',
  'fieldMinMax',
  'decimals',
  'noValue',
  'color',
  'thresholds',
  'mappings',
  'links',
  'actions',
  'filterable',
  'description',
  'nullValueMode',
];
const NUMBERS_ONLY = ['min', 'max', 'decimals', 'fieldMinMax'];
const PROCESSORS = { displayName: displayNameOverrideProcessor, links: dataLinksOverrideProcessor };

function appliesTo(id, field) {
  if (id === 'displayName') {
    return field.type !== FieldType.time;
  }
  return NUMBERS_ONLY.includes(id) ? field.type === FieldType.number : true;
}

function property(id, path, isCustom) {
  return {
    id,
    path,
    name: id,
    isCustom,
    settings: { expandTemplateVars: true },
    editor: () => null,
    override: () => null,
    process: PROCESSORS[id] ?? identityOverrideProcessor,
    shouldApply: (field) => appliesTo(id, field),
  };
}

const standardProperties = () => STANDARD.map((id) => property(id, id, false));

standardFieldConfigEditorRegistry.setInit(standardProperties);
standardTransformersRegistry.setInit(() => {
  const byId = new Map(Object.values(standardTransformers).map((transformer) => [transformer.id, transformer]));
  return [...byId.values()].map((transformer) => ({
    id: transformer.id,
    name: transformer.name,
    transformation: () => Promise.resolve(transformer),
    editor: () => null,
    imageDark: '',
    imageLight: '',
  }));
});

/** A panel's own registry: the standard properties, and every custom one that its configuration speaks of. */
export function panelRegistry({ defaults, overrides }) {
  const custom = new Set(Object.keys(defaults.custom));
  for (const { id } of overrides.flatMap(({ properties }) => properties)) {
    if (id.startsWith('custom.')) {
      custom.add(id.slice('custom.'.length));
    }
  }
  const registry = new FieldConfigOptionsRegistry();
  registry.setInit(() => [...standardProperties(), ...[...custom].map((key) => property(`custom.${key}`, key, true))]);
  return registry;
}

const SHOWN = { legend: false, tooltip: false, viz: false };
const CUSTOM = {
  timeseries: {
    drawStyle: 'line',
    lineInterpolation: 'linear',
    lineWidth: 1,
    fillOpacity: 0,
    gradientMode: 'none',
    showPoints: 'auto',
    pointSize: 5,
    spanNulls: false,
    insertNulls: false,
    axisPlacement: 'auto',
    axisLabel: '',
    axisColorMode: 'text',
    axisBorderShow: false,
    axisCenteredZero: false,
    scaleDistribution: { type: 'linear' },
    barAlignment: 0,
    barWidthFactor: 0.6,
    stacking: { mode: 'none', group: 'A' },
    thresholdsStyle: { mode: 'off' },
    hideFrom: SHOWN,
  },
  'state-timeline': { lineWidth: 1, fillOpacity: 70, spanNulls: false, hideFrom: SHOWN },
  table: { align: 'auto', cellOptions: { type: 'auto' }, inspect: false, footer: { reducers: [] } },
};

/** The first step of thresholds is -Infinity, which JSON writes as null. */
function fixThresholds(thresholds) {
  if (thresholds?.steps?.length) {
    thresholds.steps[0] = { ...thresholds.steps[0], value: -Infinity };
  }
}

/** A panel's field configuration with everything that the dashboard leaves to the defaults. */
export function fullFieldConfig(panel) {
  const { defaults = {}, overrides = [] } = structuredClone(panel.fieldConfig ?? {});
  defaults.custom = { ...CUSTOM[panel.type], ...defaults.custom };
  defaults.color ??= { mode: panel.type === 'timeseries' ? 'palette-classic' : 'thresholds' };
  defaults.thresholds ??= { mode: 'absolute', steps: [{ value: null, color: 'green' }, { value: 80, color: 'red' }] };
  defaults.mappings ??= [];
  fixThresholds(defaults.thresholds);
  for (const { id, value } of overrides.flatMap(({ properties }) => properties)) {
    if (id === 'thresholds') {
      fixThresholds(value);
    }
  }
  return { defaults, overrides };
}
