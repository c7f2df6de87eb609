// State timeline: a band per series whose stretches of equal value are one box in the value's colour.

import { useMemo } from 'react';
import { colorManipulator } from '@grafana/data';
import { ScaleDirection } from '@grafana/schema';
import { UPlotChart } from '@grafana/ui';
import { blank, plot, rowsOf, WithLegend, written } from './canvas.jsx';

const FALLBACK_INTERVAL_MS = 60_000;

/** Boxes of one row: { value, begin, end, color, text }. */
function boxes({ field, times, interval }, end) {
  const found = [];
  const step = interval || times[1] - times[0] || FALLBACK_INTERVAL_MS;
  times.forEach((begin, n) => {
    const value = field.values[n];
    if (value == null || Number.isNaN(value)) {
      return;
    }
    const until = Math.min(times[n + 1] ?? begin + step, end);
    const last = found.at(-1);
    if (last?.value === value && last.end === begin) {
      last.end = until;
      return;
    }
    const display = field.display(value);
    found.push({ value, begin, end: until, color: display.color, text: written(display) });
  });
  return found;
}

function painter(rows, { rowHeight, fillOpacity }) {
  return (u, canvas) =>
    rows.forEach((row, position) => {
      const middle = position + 0.5;
      const edges = [middle - rowHeight / 2, middle + rowHeight / 2].map((y) => u.valToPos(y, 'y', true));
      const top = Math.min(...edges);
      const height = Math.abs(edges[1] - edges[0]);
      for (const { begin, end, color } of row) {
        const left = u.valToPos(begin, 'x', true);
        canvas.fillStyle = colorManipulator.alpha(color, fillOpacity);
        canvas.fillRect(left, top, u.valToPos(end, 'x', true) - left, height);
      }
    });
}

/** One entry per state that occurs, the worst (highest) last. */
function legendItems(rows) {
  const seen = new Map(rows.flat().map(({ value, text, color }) => [value, { label: text, color, yAxis: 1 }]));
  return [...seen].sort(([left], [right]) => left - right).map(([, item]) => item);
}

export function Timeline({ panel, frames, width, height, range, timeZone, theme, fieldConfig }) {
  const { options } = panel;
  const { builder, items } = useMemo(() => {
    const rows = rowsOf(frames, range);
    const stretches = rows.map((row) => boxes(row, range.to.valueOf()));
    const style = { rowHeight: options.rowHeight ?? 0.9, fillOpacity: fieldConfig.defaults.custom.fillOpacity / 100 };
    return {
      items: legendItems(stretches),
      builder: plot({
        theme,
        timeZone,
        range,
        rowRange: [0, rows.length],
        rowDirection: ScaleDirection.Down,
        rowAxis: { splits: () => rows.map((_, n) => n + 0.5), values: () => rows.map(({ name }) => name), space: () => 1 },
        paint: painter(stretches, style),
      }),
    };
  }, [frames, range, theme]);
  return (
    <WithLegend width={width} height={height} legend={options.legend} items={items}>
      {(w, h) => <UPlotChart config={builder} data={blank(range)} width={w} height={h} />}
    </WithLegend>
  );
}
