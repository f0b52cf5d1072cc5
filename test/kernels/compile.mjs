// Compiles src/*.c: node test/kernels/compile.mjs [NAME ...]. Needs the compilers that scripts/fixtures.mjs names.
import { compile } from '../../scripts/fixtures/compile.mjs'

compile(process.argv.slice(2), 'test/kernels')
