// Grafana's work between a query and a panel: query Prometheus, build frames, transform them, and
// apply field defaults, overrides and mappings.
import {
  applyFieldOverrides, cacheFieldDisplayNames, displayNameOverrideProcessor, FieldColorModeId, FieldConfigOptionsRegistry, FieldType, identityOverrideProcessor,
  standardTransformers, standardTransformersRegistry, toDataFrame, transformDataFrame,
} from '@grafana/data';

const unique = [...new Map(Object.values(standardTransformers).map((each) => [each.id, each])).values()];
standardTransformersRegistry.setInit(() =>
  unique.map((each) => ({
    id: each.id, name: each.name, transformation: async () => each,
    description: '', imageDark: '', imageLight: '',
  })));

const POINTS = 420;
const SECONDS = { d: 86400, h: 3600, m: 60, s: 1 };
const OF_NUMBERS = new Set(['min', 'max', 'decimals']);
const SERIES = {
  drawStyle: 'line', lineWidth: 1, fillOpacity: 0, showPoints: 'auto', pointSize: 5, axisPlacement: 'auto',
  scaleDistribution: { type: 'linear' },
};
const CELLS = { align: 'auto', cellOptions: { type: 'auto' } };

export function filled(text, variables) {
  return text.replace(/\$\{(\w+)(?::\w+)?\}|\$(\w+)/g, (all, braced, bare) => variables[braced ?? bare] ?? all);
}

// The only variable of Grafana's own that the boards use: a label of the drawn series.
export function withLabels(text, scope) {
  const labels = scope?.__dataContext?.value?.field?.labels ?? {};
  return text.replace(/\$\{__field\.labels\.(\w+)\}/g, (all, label) => labels[label] ?? all);
}

function named(format, labels) {
  return format ? format.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label) => labels[label] ?? '') : JSON.stringify(labels);
}

function stepOf(panel, range) {
  const least = /^(\d+)([dhms])$/.exec(panel.interval ?? '');
  const span = (range.to.valueOf() - range.from.valueOf()) / 1000;
  return Math.max(least ? least[1] * SECONDS[least[2]] : 60, Math.round(span / POINTS / 60) * 60);
}

async function answer(prometheus, path, parameters) {
  const response = await fetch(`${prometheus}/api/v1/${path}`, { method: 'POST', body: new URLSearchParams(parameters) });
  const said = await response.json();
  if (said.status !== 'success') throw new Error(said.error);
  return said.data.result;
}

function asTable(panel, target, result) {
  const labels = [...new Set(result.flatMap((each) => Object.keys(each.metric)))];
  const value = panel.targets.length > 1 ? `Value #${target.refId}` : 'Value';
  const fields = [
    { name: 'Time', type: FieldType.time, values: result.map((each) => each.value[0] * 1000) },
    ...labels.map((label) => ({ name: label, type: FieldType.string, values: result.map((each) => each.metric[label] ?? '') })),
    { name: value, type: FieldType.number, values: result.map((each) => +each.value[1]) },
  ];
  return [toDataFrame({ refId: target.refId, fields })];
}

// A step without a value is a gap, not a line across it.
function asSeries(target, result, times) {
  return result.map((each) => {
    const points = new Map((each.values ?? [each.value]).map(([at, value]) => [at, +value]));
    const at = each.values ? times : [each.value[0]];
    const name = named(target.legendFormat, each.metric);
    return toDataFrame({
      refId: target.refId, name,
      fields: [
        { name: 'Time', type: FieldType.time, values: at.map((second) => second * 1000) },
        { name: 'Value', type: FieldType.number, labels: each.metric, values: at.map((second) => points.get(second) ?? null), config: { displayNameFromDS: name } },
      ],
    });
  });
}

async function asked(panel, target, range, variables, prometheus) {
  const query = filled(target.expr, variables);
  const to = Math.floor(range.to.valueOf() / 1000);
  if (target.instant && !target.range) {
    const result = await answer(prometheus, 'query', { query, time: to });
    return target.format === 'table' ? asTable(panel, target, result) : asSeries(target, result);
  }
  const step = stepOf(panel, range);
  const from = Math.floor(range.from.valueOf() / 1000 / step) * step;
  const end = Math.floor(to / step) * step;
  const times = Array.from({ length: (end - from) / step + 1 }, (_, place) => from + place * step);
  return asSeries(target, await answer(prometheus, 'query_range', { query, start: from, end, step }), times);
}

function transformed(panel, frames) {
  if (!panel.transformations?.length) return frames;
  return new Promise((resolve, reject) =>
    transformDataFrame(panel.transformations, frames, { interpolate: (text) => text }).subscribe({ next: resolve, error: reject }));
}

// JSON has no -Infinity: Grafana reads the first threshold as that, and adds what a plugin sets.
export function fieldConfigOf(panel) {
  const config = JSON.parse(JSON.stringify(panel.fieldConfig ?? { defaults: {}, overrides: [] }));
  const thresholds = [config.defaults.thresholds, ...config.overrides.flatMap((each) => each.properties.filter(({ id }) => id === 'thresholds').map(({ value }) => value))];
  for (const { steps } of thresholds.filter(Boolean)) if (steps[0]) steps[0].value ??= -Infinity;
  const series = panel.type === 'timeseries';
  config.defaults.custom = { ...(series ? SERIES : CELLS), ...config.defaults.custom };
  config.defaults.color ??= { mode: series ? FieldColorModeId.PaletteClassic : FieldColorModeId.Thresholds };
  return config;
}

function registryOf({ defaults, overrides }) {
  const { custom, ...standard } = defaults;
  const own = Object.keys(custom).map((name) => `custom.${name}`);
  const replaced = overrides.flatMap(({ properties }) => properties.map(({ id }) => id));
  const ids = new Set([...Object.keys(standard), ...own, ...replaced]);
  return new FieldConfigOptionsRegistry(() => [...ids].map((id) => ({
    id, name: id, path: id.replace(/^custom\./, ''), isCustom: id.startsWith('custom.'), settings: { expandTemplateVars: true },
    process: id === 'displayName' ? displayNameOverrideProcessor : identityOverrideProcessor,
    shouldApply: (field) => !OF_NUMBERS.has(id) || field.type === FieldType.number,
  })));
}

export async function framesOf(panel, range, variables, prometheus, theme) {
  const asking = (panel.targets ?? []).map((target) => asked(panel, target, range, variables, prometheus));
  const frames = await transformed(panel, (await Promise.all(asking)).flat());
  const fieldConfig = fieldConfigOf(panel);
  const configured = applyFieldOverrides({
    data: frames.filter((frame) => frame.length > 0), fieldConfig, fieldConfigRegistry: registryOf(fieldConfig),
    replaceVariables: withLabels, theme, timeZone: 'utc',
  });
  cacheFieldDisplayNames(configured);
  return configured;
}
