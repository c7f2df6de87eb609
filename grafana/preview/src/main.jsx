// The page: reads a dashboard and draws all its panels at their places.
//
// Query parameters: prometheus (its address), from and to (as Grafana's), var-NAME (repeat for several values), theme
// (dark or light), tz (a time zone; UTC unless given). The title becomes "ready" when every panel has drawn.

import './clock.js';
import { createRoot } from 'react-dom/client';
import { initPluginTranslations } from '@grafana/i18n';
import { Board } from './board.jsx';

await initPluginTranslations('grafana'); // before the first translated text
const query = new URLSearchParams(location.search);
const dashboard = await (await fetch('dashboard.json')).json();
createRoot(document.getElementById('root')).render(<Board dashboard={dashboard} query={query} />);
