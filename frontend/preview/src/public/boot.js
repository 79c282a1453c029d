/* Read by @grafana/runtime's config and @grafana/ui's icons while they are imported, so it stands before them. */
window.__grafana_public_path__ = '/_page/';
window.grafanaBootData = {
  settings: { buildInfo: { version: '0.0.0', commit: 'preview', env: 'development' }, featureToggles: {}, appSubUrl: '', datasources: {}, liveEnabled: true },
  user: {
    id: 1, login: 'preview', orgId: 1, orgRole: 'Admin', isSignedIn: true, timezone: 'browser', language: 'en-US', regionalFormat: 'en-US', permissions: {},
    theme: new URLSearchParams(location.search).get('theme') === 'light' ? 'light' : 'dark',
  },
  navTree: [],
};
