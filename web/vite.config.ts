import path from 'node:path';

import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const root = path.join(import.meta.dirname, 'src/console');
const api = process.env['TIDEGATE_API_URL'] ?? 'http://127.0.0.1:8080';

/** Builds the console into `dist/console`, from where the API server serves it. */
export default defineConfig({
  root,
  plugins: [react()],
  build: {
    outDir: path.join(import.meta.dirname, 'dist/console'),
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: false,
    assetsInlineLimit: 0,
    // Only the pages load lazily, and a page's own styles come with it.
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: Object.fromEntries(['/api', '/ui', '/auth'].map((prefix) => [prefix, { target: api }])),
  },
});
