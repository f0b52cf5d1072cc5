/** What completes a placeholder: a list that the shell makes. */
export type Action =
  | 'none'
  | 'byte'
  | 'file'
  | 'object'
  | 'directory'
  | 'pin'
  | 'prog-id'
  | 'prog-tag'
  | 'prog-name'
  | 'map-id'
  | 'map-name'
  | 'link-id'
  | 'btf-id'
  | 'struct_ops-id'
  | 'struct_ops-name'
  | 'kernel'
  | 'pid'
  | 'device'

const byPlace: Readonly<Record<string, Action>> = {
  BYTES: 'byte',
  PROG_ID: 'prog-id',
  PROG_TAG: 'prog-tag',
  PROG_NAME: 'prog-name',
  MAP_ID: 'map-id',
  MAP_NAME: 'map-name',
  LINK_ID: 'link-id',
  BTF_ID: 'btf-id',
  STRUCT_OPS_MAP_ID: 'struct_ops-id',
  STRUCT_OPS_MAP_NAME: 'struct_ops-name',
  PID: 'pid',
  KERNELS: 'kernel',
  devname: 'device',
  OBJ: 'object',
  OBJECT: 'object',
  INPUT_FILE: 'object',
  INPUT: 'file',
  OUTPUT: 'file',
  OUTPUT_FILE: 'file',
  BTF_FILE: 'file',
  MAP_DIR: 'pin',
  LINK_DIR: 'pin',
  PATH: 'pin',
  CGROUP: 'directory',
  CGROUP_ROOT: 'directory',
}

/** Words that nothing can be told of: numbers, and names that do not exist yet. */
const unknown = new Set([
  ...['KEY_SIZE', 'VALUE_SIZE', 'MAX_ENTRIES', 'FLAGS', 'IDX', 'L', 'M', 'N', 'ROOT_ID', 'DURATION'],
  ...['OBJECT_NAME', 'PREFIX', 'VERSION', 'PART', 'WORD'],
])

/**
 * What completes a placeholder.
 * @param where words of the usage before it: the object, its verb, and the keyword right before it.
 */
export function actionOf(name: string, where: { object: string; verb: string; before: string }): Action {
  const { object, verb, before } = where
  if (unknown.has(name)) return 'none'
  if (name === 'FILE') {
    if (before === 'pinned' || verb === 'pin' || (object === 'map' && verb === 'create')) return 'pin'
    return object === 'gen' ? 'object' : 'file'
  }
  if (name === 'NAME') {
    if (object === 'kernel' && verb !== 'import') return 'kernel'
    return before === 'dev' || before.endsWith('_dev') ? 'device' : 'none'
  }
  const action = byPlace[name]
  if (action === undefined) throw new Error(`${object} ${verb}: nothing says what completes ${name}`)
  return action
}
