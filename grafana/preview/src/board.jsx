// The board: Grafana's grid of 24 columns, folded rows opened, one panel after the other.

import { useEffect, useMemo, useState } from 'react';
import { createTheme, ThemeContext } from '@grafana/data';
import { GlobalStyles, PortalContainer } from '@grafana/ui';
import { Panel } from './panel.jsx';
import { timeRange, values } from './variables.js';

const COLUMNS = 24;
const CELL_HEIGHT = 30;
const GAP = 8;

/** A folded row keeps its panels inside; we draw it open. */
const unfolded = (panels) => panels.flatMap((panel) => [panel, ...(panel.type === 'row' ? (panel.panels ?? []) : [])]);

function boxOf({ x, y, w, h }, width) {
  const column = (width - GAP) / COLUMNS;
  return {
    left: x * column + GAP,
    top: y * (CELL_HEIGHT + GAP) + GAP,
    width: Math.floor(w * column - GAP),
    height: h * (CELL_HEIGHT + GAP) - GAP,
  };
}

/** What a panel calls when it has drawn; the last one sets the title, which the camera waits for. */
function useCountdown(panels) {
  return useMemo(() => {
    const open = new Set(panels.map((panel) => panel.id));
    return (id) => {
      open.delete(id);
      if (!open.size) {
        setTimeout(() => (document.title = 'ready'), 400);
      }
    };
  }, [panels]);
}

/** True once the fonts that the styles declare are there: text that is measured before them gets another width. */
function useFonts() {
  const [loaded, setLoaded] = useState(false);
  useEffect(() => {
    Promise.all([...document.fonts].map((font) => font.load())).then(() => setLoaded(true));
  }, []);
  return loaded;
}

export function Board({ dashboard, query }) {
  const width = window.innerWidth;
  const fonts = useFonts();
  const theme = useMemo(() => createTheme({ colors: { mode: query.get('theme') ?? 'dark' } }), [query]);
  const panels = useMemo(() => unfolded(dashboard.panels), [dashboard]);
  const done = useCountdown(panels);
  const context = useMemo(
    () => ({
      theme,
      timeZone: query.get('tz') ?? 'utc',
      range: timeRange(query.get('from') ?? dashboard.time.from, query.get('to') ?? dashboard.time.to),
      variables: values(dashboard, query),
      prometheus: query.get('prometheus'),
    }),
    [dashboard, query, theme]
  );
  const bottom = Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  const height = bottom * (CELL_HEIGHT + GAP) + GAP;
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <div style={{ position: 'relative', width, height, background: theme.colors.background.canvas }}>
        {fonts &&
          panels.map((panel) => (
            <Panel key={panel.id} panel={panel} box={boxOf(panel.gridPos, width)} context={context} done={done} />
          ))}
      </div>
      <PortalContainer />
    </ThemeContext.Provider>
  );
}
