// Stands in for packages that @grafana/ui imports and no panel of ours uses: the Monaco editor and Grafana's telemetry
// client. Each export is a name that is imported somewhere.

const Nothing = () => null;

export default Nothing;

export const loader = { config() {}, init: () => new Promise(() => {}) };
export const Editor = Nothing;
export const DiffEditor = Nothing;
export const useMonaco = () => null;

export const editor = {};
export const languages = {};
export const KeyMod = {};
export const KeyCode = {};
export const Range = Nothing;
export const Uri = {};

export const faro = undefined;
export const LogLevel = {};
export const initializeFaro = Nothing;
