export { essentialNameLength } from '../btf/flavors.ts'
