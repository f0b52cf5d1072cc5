import { xdpFields } from '../../progs/context-fields.ts'
import type { Context } from './convert.ts'

/** xdp_convert_ctx_access: struct xdp_md stands for struct xdp_buff. */
export const xdp: Context = {
  fields: xdpFields,
  rows: {
    data: 'xdp_buff.data',
    data_end: 'xdp_buff.data_end',
    data_meta: 'xdp_buff.data_meta',
    ingress_ifindex: 'xdp_buff.rxq xdp_rxq_info.dev net_device.ifindex',
    rx_queue_index: 'xdp_buff.rxq xdp_rxq_info.queue_index',
    egress_ifindex: 'xdp_buff.txq xdp_txq_info.dev net_device.ifindex',
  },
}
