import boundaries from 'eslint-plugin-boundaries'
import tseslint from 'typescript-eslint'

/** The floors of ARCHITECTURE.md, from the ground up: a room imports from its own floor and from those below it. */
const floors = {
  uapi: ['src/uapi/**'],
  ground: [
    'src/asn1/**',
    'src/btf/**',
    'src/isa/**',
    'src/kernel/error.ts',
    'src/kernel/log.ts',
    'src/kernel/jhash.ts',
    'src/kernel/store/**',
    'src/kernel/memory/**',
  ],
  objects: ['src/kernel/{objects,profile,progs,maps,kfuncs,btf}/**'],
  helpers: ['src/kernel/{helpers,bpffs,process}/**'],
  engines: ['src/kernel/{verifier,rewrite,runtime}/**'],
  load: ['src/kernel/{load,hooks}/**'],
  syscall: ['src/kernel/syscall.ts'],
  boot: ['src/kernel/{boot,import}.ts', 'src/kernel/bpf/**'],
  libbpf: ['src/libbpf/**'],
  cli: ['src/cli/**', 'src/library/**', 'src/index.ts'],
}

/** libbpf and the command line see only the door, not what is behind it; only the command line boots a machine. */
const below = {
  uapi: [],
  ground: ['uapi'],
  objects: ['uapi', 'ground'],
  helpers: ['uapi', 'ground', 'objects'],
  engines: ['uapi', 'ground', 'objects', 'helpers'],
  load: ['uapi', 'ground', 'objects', 'helpers', 'engines'],
  syscall: ['uapi'],
  boot: ['uapi', 'ground', 'objects', 'helpers', 'engines', 'load', 'syscall'],
  libbpf: ['uapi', 'ground', 'syscall'],
  cli: ['uapi', 'ground', 'syscall', 'libbpf', 'boot'],
}

export default tseslint.config(
  { ignores: ['dist/', 'dist.*/', 'coverage/', 'fixtures/', 'profiles/', 'bin/'] },
  ...tseslint.configs.strict,
  {
    files: ['**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    plugins: { boundaries },
    settings: {
      'boundaries/elements': Object.entries(floors).map(([type, pattern]) => ({ type, pattern, partialMatch: false })),
      'import/resolver': { node: { extensions: ['.ts'] } },
    },
    rules: {
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          policies: Object.entries(below).map(([from, to]) => ({
            from: { element: { type: from } },
            allow: { to: { element: { type: [from, ...to] } } },
          })),
        },
      ],
    },
  },
)
