import { defineConfig } from 'vite';
import react from '@vitejs/plugin-react';

// @grafana/ui expects these two names of Node; one page on loopback need not be small.
export default defineConfig({
  plugins: [react()],
  define: { 'process.env': {}, global: 'globalThis' },
  build: { chunkSizeWarningLimit: 99999 },
});
