#!/usr/bin/env node
'use strict'
require('../dist/bpftool.cjs')
