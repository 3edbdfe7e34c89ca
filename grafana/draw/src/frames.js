// Grafana's work between a query and a panel: query Prometheus, build frames, transform them, and
// apply field defaults, overrides and mappings.
import {
  FieldColorModeId, FieldType, getDisplayProcessor, reduceField, standardTransformers,
  standardTransformersRegistry, toDataFrame, transformDataFrame,
} from '@grafana/data';

const unique = [...new Map(Object.values(standardTransformers).map((each) => [each.id, each])).values()];
standardTransformersRegistry.setInit(() =>
  unique.map((each) => ({
    id: each.id, name: each.name, transformation: async () => each,
    description: '', imageDark: '', imageLight: '',
  })));

const POINTS = 420;
const SECONDS = { d: 86400, h: 3600, m: 60, s: 1 };

export function filled(text, variables) {
  return text.replace(/\$\{(\w+)(?::\w+)?\}|\$(\w+)/g, (all, braced, bare) => variables[braced ?? bare] ?? all);
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
  const response = await fetch(`${prometheus}/api/v1/${path}?${new URLSearchParams(parameters)}`);
  const said = await response.json();
  if (said.status !== 'success') throw new Error(said.error);
  return said.data.result;
}

function asTable(target, result) {
  const labels = [...new Set(result.flatMap((each) => Object.keys(each.metric)))];
  const fields = [
    { name: 'Time', type: FieldType.time, values: result.map((each) => each.value[0] * 1000) },
    ...labels.map((label) => ({ name: label, type: FieldType.string, values: result.map((each) => each.metric[label] ?? '') })),
    { name: 'Value', type: FieldType.number, values: result.map((each) => +each.value[1]) },
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
    return target.format === 'table' ? asTable(target, result) : asSeries(target, result);
  }
  const step = stepOf(panel, range);
  const from = Math.floor(range.from.valueOf() / 1000 / step) * step;
  const end = Math.floor(to / step) * step;
  const times = Array.from({ length: (end - from) / step + 1 }, (_, place) => from + place * step);
  return asSeries(target, await answer(prometheus, 'query_range', { query, start: from, end, step }), times);
}

function transformed(panel, frames) {
  if (!panel.transformations?.length) return frames;
  const many = panel.targets.length > 1;
  const marked = frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) => (many && field.name === 'Value' ? { ...field, name: `Value #${frame.refId}` } : field)),
  }));
  return new Promise((resolve, reject) =>
    transformDataFrame(panel.transformations, marked, { interpolate: (text) => text }).subscribe({ next: resolve, error: reject }));
}

function assign(config, id, value) {
  if (!id.startsWith('custom.')) return { ...config, [id]: value };
  return { ...config, custom: { ...config.custom, [id.slice(7)]: value } };
}

function configured(panel, frame, field) {
  const number = field.type === FieldType.number;
  const defaults = panel.fieldConfig?.defaults ?? {};
  let config = {
    ...(number ? defaults : {}), ...field.config,
    custom: { drawStyle: 'line', lineWidth: 1, fillOpacity: 0, showPoints: 'auto', pointSize: 5, axisPlacement: 'auto', scaleDistribution: { type: 'linear' }, align: 'auto', cellOptions: { type: 'auto' }, ...defaults.custom },
  };
  const name = config.displayName ?? config.displayNameFromDS ?? field.name;
  for (const override of panel.fieldConfig?.overrides ?? []) {
    if (override.matcher.id === 'byName' && override.matcher.options === name) {
      for (const { id, value } of override.properties) config = assign(config, id, value);
    }
  }
  config.color ??= { mode: panel.type === 'timeseries' ? FieldColorModeId.PaletteClassic : FieldColorModeId.Thresholds };
  const steps = config.thresholds?.steps?.map((each) => ({ ...each, value: each.value ?? -Infinity }));
  if (steps) config.thresholds = { ...config.thresholds, steps };
  return config;
}

export async function framesOf(panel, range, variables, prometheus, theme) {
  const asking = (panel.targets ?? []).map((target) => asked(panel, target, range, variables, prometheus));
  const frames = await transformed(panel, (await Promise.all(asking)).flat());
  let seriesIndex = 0;
  for (const frame of frames) {
    for (const field of frame.fields) {
      const number = field.type === FieldType.number;
      field.config = configured(panel, frame, field);
      const seen = number ? reduceField({ field, reducers: ['min', 'max'] }) : {};
      const min = field.config.min ?? seen.min;
      const max = field.config.max ?? seen.max;
      field.state = { ...field.state, seriesIndex: number ? seriesIndex++ : undefined, range: number ? { min, max, delta: max - min } : undefined };
      field.display = getDisplayProcessor({ field, theme, timeZone: 'utc' });
    }
  }
  return frames.filter((frame) => frame.length > 0);
}
