export class DataSourceWithBackend {
  getResource = async () => [];
  getRef() {
    return { uid: 'test' };
  }
}
/** Replaces $name by value-of-name. */
export const getTemplateSrv = () => ({
  replace: (text: string) => text.replace(/\$(\w+)/g, 'value-of-$1'),
  containsTemplate: (text: string) => text.includes('$'),
  getVariables: () => [],
});
export const getBackendSrv = () => ({ get: async () => [] });
