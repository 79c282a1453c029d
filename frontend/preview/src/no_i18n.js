export const initPluginTranslations = async () => {};
