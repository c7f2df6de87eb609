// Asks Prometheus what Grafana's data source would ask, and makes data frames of the answers.

import { createDataFrame, FieldType, rangeUtil, transformDataFrame } from '@grafana/data';
import { lastValueFrom } from 'rxjs';
import { interpolate } from './variables.js';

/** As in our provisioned data source; $__rate_interval is derived from it. */
const SCRAPE_INTERVAL_MS = 15_000;
const SPECIAL = { NaN, '+Inf': Infinity, '-Inf': -Infinity };

const numberOf = (text) => SPECIAL[text] ?? Number(text);

function duration(ms) {
  const seconds = Math.round(ms / 1000);
  if (seconds % 3600 === 0) {
    return `${seconds / 3600}h`;
  }
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}

function stepMs(panel, target, range, width) {
  const smallest = target.interval || panel.interval || duration(SCRAPE_INTERVAL_MS);
  return rangeUtil.calculateInterval(range, panel.maxDataPoints || width, smallest).intervalMs;
}

/** Grafana's own variables for one target. */
function builtIn(range, step) {
  const rangeMs = range.to.valueOf() - range.from.valueOf();
  const words = {
    __interval: duration(step),
    __interval_ms: String(step),
    __rate_interval: duration(Math.max(step + SCRAPE_INTERVAL_MS, 4 * SCRAPE_INTERVAL_MS)),
    __range: duration(rangeMs),
    __range_s: String(rangeMs / 1000),
  };
  return Object.fromEntries(Object.entries(words).map(([name, value]) => [name, { value, raw: true }]));
}

async function send(base, target, expression, range, step) {
  const [from, to] = [range.from.valueOf(), range.to.valueOf()];
  const times = target.instant
    ? { time: to / 1000 }
    : { step: step / 1000, start: (Math.floor(from / step) * step) / 1000, end: (Math.floor(to / step) * step) / 1000 };
  const path = target.instant ? 'query' : 'query_range';
  const answer = await (await fetch(`${base}/api/v1/${path}?${new URLSearchParams({ query: expression, ...times })}`)).json();
  if (answer.status !== 'success') {
    throw new Error(`${target.refId}: ${answer.error}`);
  }
  const { resultType, result } = answer.data;
  return resultType === 'scalar' ? [{ metric: {}, value: result }] : result;
}

/** The frames of all of a panel's targets. */
export async function ask(base, panel, range, width, variables) {
  const targets = panel.targets.filter(({ hide, expr }) => !hide && expr);
  const frames = [];
  for (const target of targets) {
    const step = stepMs(panel, target, range, width);
    const expression = interpolate(target.expr, { ...variables, ...builtIn(range, step) });
    const series = await send(base, target, expression, range, step);
    if (target.format === 'table') {
      if (series.length) {
        frames.push(tableFrame(target, series, targets.length));
      }
      continue;
    }
    if (target.format === 'heatmap') {
      perBucket(series);
    }
    frames.push(...series.map((one) => seriesFrame(target, one, expression, step)));
  }
  return frames;
}

/** Cumulative `le` buckets to counts per bucket, as the data source does for the format heatmap. */
function perBucket(series) {
  const bound = ({ metric }) => numberOf(metric.le);
  series.sort((left, right) => bound(left) - bound(right));
  for (let n = series.length - 1; n > 0; n--) {
    const below = new Map(series[n - 1].values.map(([time, value]) => [time, numberOf(value)]));
    series[n].values = series[n].values.map(([time, value]) => [
      time,
      String(Math.max(0, numberOf(value) - (below.get(time) ?? 0))),
    ]);
  }
}

function legend(format, labels) {
  return format.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, name) => labels[name] ?? '');
}

function seriesFrame(target, series, expression, step) {
  const { __name__, ...labels } = series.metric;
  const points = series.values ?? [series.value];
  const unnamed = Object.keys(labels).length ? undefined : (__name__ ?? expression);
  const name = target.legendFormat ? legend(target.legendFormat, series.metric) : unnamed;
  return createDataFrame({
    refId: target.refId,
    name,
    meta: { type: 'timeseries-multi' },
    fields: [
      {
        name: 'Time',
        type: FieldType.time,
        values: points.map(([time]) => time * 1000),
        config: target.instant ? {} : { interval: step },
      },
      {
        name: 'Value',
        type: FieldType.number,
        values: points.map(([, value]) => numberOf(value)),
        labels,
        config: name ? { displayNameFromDS: name } : {},
      },
    ],
  });
}

function tableFrame(target, series, targetCount) {
  const labels = [...new Set(series.flatMap(({ metric }) => Object.keys(metric)))].sort();
  return createDataFrame({
    refId: target.refId,
    meta: { preferredVisualisationType: 'table' },
    fields: [
      { name: 'Time', type: FieldType.time, values: series.map(({ value }) => value[0] * 1000), config: {} },
      ...labels.map((label) => ({
        name: label,
        type: FieldType.string,
        values: series.map(({ metric }) => metric[label] ?? ''),
        config: { filterable: true },
      })),
      {
        name: targetCount > 1 ? `Value #${target.refId}` : 'Value',
        type: FieldType.number,
        values: series.map(({ value }) => numberOf(value[1])),
        config: {},
      },
    ],
  });
}

/** The panel's transformations; those that live only in the Grafana application are not known here and fail. */
export function transform(panel, frames, variables) {
  return lastValueFrom(
    transformDataFrame(panel.transformations ?? [], frames, { interpolate: (text) => interpolate(text, variables) })
  );
}
