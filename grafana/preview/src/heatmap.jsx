// Heatmap of histogram buckets: a cell per bucket and step, in the colour of a scheme as Grafana has it.

import { useMemo } from 'react';
import { FieldType, getDisplayProcessor } from '@grafana/data';
import { UPlotChart } from '@grafana/ui';
import * as schemes from 'd3-scale-chromatic';
import { blank, plot, rowsOf, written } from './canvas.jsx';

/** In a dark theme Grafana turns the sequential schemes round, so that few is dark. */
function palette({ scheme, steps, reverse }, isDark) {
  const interpolate = schemes[`interpolate${scheme}`];
  return (share) => {
    const rounded = Math.round(share * (steps - 1)) / (steps - 1);
    return interpolate(reverse !== isDark ? 1 - rounded : rounded);
  };
}

export function Heatmap({ panel, frames, width, height, range, timeZone, theme }) {
  const { options } = panel;
  const builder = useMemo(() => {
    const rows = rowsOf(frames)
      .map((row) => ({ ...row, bound: Number(row.name.replace('+Inf', 'Infinity')) }))
      .sort((left, right) => left.bound - right.bound);
    const step = rows[0].interval;
    const most = Math.max(...rows.flatMap(({ field }) => field.values));
    const least = options.filterValues?.le ?? 0;
    const color = palette(options.color, theme.isDark);
    const gap = options.cellGap ?? 1;

    const paint = (u, canvas) =>
      rows.forEach(({ times, field }, position) => {
        const [low, high] = [position, position + 1].map((y) => u.valToPos(y, 'y', true));
        times.forEach((end, n) => {
          if (!(field.values[n] > least)) {
            return;
          }
          const [left, right] = [end - step, end].map((x) => u.valToPos(x, 'x', true));
          canvas.fillStyle = color(field.values[n] / most);
          canvas.fillRect(left, high, right - left - gap, low - high - gap);
        });
      });

    const display = getDisplayProcessor({ field: { type: FieldType.number, config: { unit: options.yAxis.unit } }, theme });
    const label = ({ bound }) => (Number.isFinite(bound) ? written(display(bound)) : '+Inf');
    const rowAxis = { splits: () => rows.map((_, n) => n + 1), values: () => rows.map(label), space: () => 14 };
    return plot({ theme, timeZone, range, rowRange: [0, rows.length], rowAxis, paint });
  }, [frames, range, theme]);
  return <UPlotChart config={builder} data={blank(range)} width={width} height={height} />;
}
