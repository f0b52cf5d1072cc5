/** Tests run on the TypeScript sources, as ES modules. */
export default {
  testEnvironment: 'node',
  // Suites are few and long: left to itself, jest keeps a core idle.
  maxWorkers: '100%',
  extensionsToTreatAsEsm: ['.ts'],
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }] },
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
}
