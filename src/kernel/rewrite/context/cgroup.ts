import { sockoptFields, sysctlFields } from '../../progs/context-fields.ts'
import type { Context, ContextRows, Convert } from './convert.ts'
import { throughPointer } from './convert.ts'

/** Contexts of programs that cgroups call: sysctls and socket options. */

const POSITION = 'bpf_sysctl_kern.ppos'
const writePosition = throughPointer('bpf_sysctl_kern.tmp_reg', `${POSITION} 0:4`)
const readPosition = throughPointer('bpf_sysctl_kern.tmp_reg', `${POSITION} 0:s`)

/** The position has eight bytes, of which programs see the lower four. */
const filePos: Convert = (access, out) => {
  if (access.write) writePosition(access, out)
  else readPosition(access, out)
  return 4
}

/** sysctl_convert_ctx_access. */
export const sysctl: Context = {
  fields: sysctlFields,
  rows: { write: 'bpf_sysctl_kern.write:s', file_pos: filePos },
}

const KERN = 'bpf_sockopt_kern'

const fields: ContextRows = {
  sk: `${KERN}.sk`,
  optval: `${KERN}.optval`,
  optval_end: `${KERN}.optval_end`,
  level: `${KERN}.level =`,
  optname: `${KERN}.optname =`,
  optlen: `${KERN}.optlen =`,
}

/** cg_sockopt_convert_ctx_access: the value that is returned is the running task's. */
export const sockopt: Context = {
  fields: sockoptFields,
  rows: {
    ...fields,
    retval: throughPointer(`${KERN}.tmp_reg`, `${KERN}.current_task task_struct.bpf_ctx bpf_cg_run_ctx.retval`),
  },
}
