import importPlugin from 'eslint-plugin-import';
import a11y from 'eslint-plugin-jsx-a11y';
import hooks from 'eslint-plugin-react-hooks';
import { readdirSync } from 'node:fs';
import tseslint from 'typescript-eslint';

// The way of imports: app → features → flow → shared, and no feature knows another.
const features = readdirSync('src/features');
const zones = [
  { target: './src/shared', from: ['./src/app', './src/features', './src/flow'] },
  { target: './src/flow', from: ['./src/app', './src/features'] },
  { target: './src/features', from: './src/app' },
  ...features.map((name) => ({
    target: `./src/features/${name}`,
    from: './src/features',
    except: [`./${name}`],
    message: 'A feature does not know another: what both need belongs in flow or shared.',
  })),
];

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'src/shared/api/schema.ts', 'test-results', 'playwright-report'] },
  ...tseslint.configs.recommended,
  a11y.flatConfigs.recommended,
  {
    plugins: { 'react-hooks': hooks, import: importPlugin },
    settings: { 'import/resolver': { typescript: true, node: true } },
    rules: {
      'react-hooks/rules-of-hooks': 'error',
      'react-hooks/exhaustive-deps': 'error',
      'import/no-restricted-paths': ['error', { zones }],
      'import/no-cycle': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-explicit-any': 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: true }],
      // The page shows what upstreams answer: text nodes only.
      'no-restricted-syntax': [
        'error',
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: 'Everything is shown as text.' },
        { selector: "MemberExpression[property.name='innerHTML']", message: 'Everything is shown as text.' },
      ],
    },
  },
  // Playwright hands fixtures on with a function that it calls `use`.
  { files: ['e2e/**'], rules: { 'react-hooks/rules-of-hooks': 'off' } },
);
