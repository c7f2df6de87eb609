// Time range and variables: what stands for ${name}, ${name:regex} and $name in queries and titles.
//
// As in Grafana, the custom value of All is put in as it is, whatever the format.

import { dateMath, dateTime, escapeRegex } from '@grafana/data';

const REFERENCE = /\$\{(\w+)(?::(\w+))?\}|\$(\w+)/g;

/** The present value of every variable: { value, raw }, where a raw one is never formatted. */
export function values(dashboard, query) {
  const found = {};
  for (const { name, current, allValue = '.*' } of dashboard.templating?.list ?? []) {
    const given = query.getAll(`var-${name}`);
    const value = given.length ? given : [current?.value ?? ''].flat();
    found[name] = value.includes('$__all') ? { value: allValue, raw: true } : { value, raw: false };
  }
  return found;
}

function formatted({ value, raw }, format) {
  if (raw || typeof value === 'string') {
    return value;
  }
  const parts = format === 'regex' ? value.map(escapeRegex) : value;
  return parts.length > 1 ? `(${parts.join('|')})` : parts[0];
}

/** The text with its variables replaced; an unknown one stays as it is. */
export function interpolate(text, variables) {
  return String(text ?? '').replace(REFERENCE, (match, inBraces, format, bare) => {
    const variable = variables[inBraces ?? bare];
    return variable === undefined ? match : formatted(variable, format);
  });
}

export function timeRange(from, to) {
  const absolute = /^\d+$/;
  const begin = absolute.test(from) ? dateTime(Number(from)) : dateMath.toDateTime(from, {});
  const end = absolute.test(to) ? dateTime(Number(to)) : dateMath.toDateTime(to, { roundUp: true });
  return { from: begin, to: end, raw: { from: begin, to: end } };
}
