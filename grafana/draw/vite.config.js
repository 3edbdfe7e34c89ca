import { defineConfig } from 'vite';
import react from '@vitejs/plugin-react';

// @grafana/ui expects these two globals of Node. The bundle's size does not matter on loopback.
export default defineConfig({
  plugins: [react()],
  define: { 'process.env': {}, global: 'globalThis' },
  build: { chunkSizeWarningLimit: 99999 },
});
