// What decides the shape of a bundle, set as @grafana/create-plugin 7 sets it.
const path = require('node:path');
const { SubresourceIntegrityPlugin } = require('webpack-subresource-integrity');
const VirtualModulesPlugin = require('webpack-virtual-modules');

const ID = 'acme-showcase-datasource';
// Where the chunks are is known when Grafana hands over the address that module.js came from.
const PUBLIC_PATH = `
import amdMetaModule from 'amd-module';
__webpack_public_path__ = amdMetaModule && amdMetaModule.uri ? amdMetaModule.uri.slice(0, amdMetaModule.uri.lastIndexOf('/') + 1) : 'public/plugins/${ID}/';
`;

module.exports = (env) => ({
  context: path.join(__dirname, 'src'),
  entry: { module: './module.tsx' },
  mode: env.production ? 'production' : 'development',
  devtool: env.production ? false : 'eval-source-map',
  externals: [
    { 'amd-module': 'module' },
    'lodash', 'jquery', 'moment', 'slate', 'emotion', '@emotion/react', '@emotion/css', 'prismjs', 'slate-plain-serializer',
    '@grafana/slate-react', 'react', 'react/jsx-runtime', 'react/jsx-dev-runtime', 'react-dom', 'react-redux', 'redux', 'rxjs',
    'i18next', 'react-router', 'd3', /^@grafana\/ui/i, /^@grafana\/runtime/i, /^@grafana\/data/i,
  ],
  module: {
    rules: [
      { test: /src\/module\.tsx$/, use: [{ loader: 'imports-loader', options: { imports: 'side-effects grafana-public-path' } }] },
      {
        test: /\.tsx?$/,
        use: { loader: 'swc-loader', options: { jsc: { target: 'es2015', parser: { syntax: 'typescript', tsx: true }, transform: { react: { runtime: 'automatic' } } } } },
      },
      { test: /\.css$/, use: ['style-loader', 'css-loader'] },
      { test: /\.svg$/, type: 'asset/resource', generator: { filename: '[hash][ext]' } },
    ],
  },
  output: {
    filename: '[name].js', chunkFilename: env.production ? '[name].js?_cache=[contenthash]' : '[name].js', library: { type: 'amd' },
    publicPath: `public/plugins/${ID}/`, uniqueName: ID, crossOriginLoading: 'anonymous', clean: true,
  },
  plugins: [new VirtualModulesPlugin({ 'node_modules/grafana-public-path.js': PUBLIC_PATH }), new SubresourceIntegrityPlugin({ hashFuncNames: ['sha256'] })],
  resolve: { extensions: ['.js', '.ts', '.tsx'], modules: [path.join(__dirname, 'src'), 'node_modules'] },
});
