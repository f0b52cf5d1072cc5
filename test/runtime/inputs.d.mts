type Named = Readonly<Record<string, Uint8Array>>

export const packets: Named
export const xdpContexts: Named
export const skbContexts: Named
export const otherContexts: Named
