import { perfEventFields } from '../../progs/context-fields.ts'
import type { Context } from './convert.ts'

const KERN = 'bpf_perf_event_data_kern'

/** pe_prog_convert_ctx_access: registers, and two numbers of the sample. */
export const perfEvent: Context = {
  fields: perfEventFields,
  rows: {
    regs: `${KERN}.regs 0:8`,
    sample_period: `${KERN}.data perf_sample_data.period`,
    addr: `${KERN}.data perf_sample_data.addr`,
  },
}
