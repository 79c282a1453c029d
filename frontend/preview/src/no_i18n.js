// Translations that Grafana would load: there are none here.
export const initPluginTranslations = async () => {};
