import { mapCreate } from './map-create.ts'
import { mapDelete, mapFreeze, mapGetNext, mapLookup, mapPin, mapPop, mapUpdate } from './map-access.ts'
import { mapDump } from './map-dump.ts'
import { mapEventPipe } from './map-event-pipe.ts'
import { mapShow } from './map-show.ts'
import type { Verb } from '../command.ts'

/** `bpftool map` (map.c): its verbs in the order in which abbreviations are tried; the first is the default. */
export const mapVerbs: readonly (readonly [string, Verb | 'help'])[] = [
  ['show', mapShow],
  ['list', mapShow],
  ['help', 'help'],
  ['dump', mapDump],
  ['update', mapUpdate],
  ['lookup', mapLookup],
  ['getnext', mapGetNext],
  ['delete', mapDelete],
  ['pin', mapPin],
  ['event_pipe', mapEventPipe],
  ['create', mapCreate],
  ['peek', mapLookup],
  ['push', mapUpdate],
  ['enqueue', mapUpdate],
  ['pop', mapPop],
  ['dequeue', mapPop],
  ['freeze', mapFreeze],
]
