# Completion of bpftool's commands in bash.
# Made by `npm run completions` from the tables and usage texts of the program; changes here are lost.

# What may come in a state: keywords with the state that each leads to (! after those that come once), lists of other
# words and the state that those lead to.
_bpftool_state() {
  keys= lists= next=
  case $1 in
  0) keys='help:2 batch:1 prog:3 map:4 link:5 cgroup:6 perf:7 net:8 btf:9 gen:10 struct_ops:11 iter:12 token:7 kernel:13 fs:14 process:15 version:2' ;;
  1) keys='file:16' ;;
  3) keys='show:17 list:17 help:2 dump:18 pin:19 load:20 loadall:20 attach:21 detach:21 tracelog:24 run:22 profile:23' ;;
  4) keys='show:25 list:25 help:2 dump:25 update:27 lookup:28 getnext:29 delete:30 pin:31 event_pipe:32 create:26 peek:25 push:33 enqueue:34 pop:25 dequeue:25 freeze:25' ;;
  5) keys='show:35 list:35 help:2 pin:36 detach:35' ;;
  6) keys='show:37 list:37 tree:38 attach:39 detach:40 help:2' ;;
  7) keys='show:2 list:2 help:2' ;;
  8) keys='show:41 list:41 attach:42 detach:43 help:2' ;;
  9) keys='show:44 list:44 help:2 dump:45' ;;
  10) keys='object:46 skeleton:47 subskeleton:47 min_core_btf:48 help:2' ;;
  11) keys='show:49 list:49 register:50 unregister:49 dump:49 help:2' ;;
  12) keys='help:2 pin:51' ;;
  13) keys='show:2 list:2 help:2 boot:52 reset:2' ;;
  14) keys='ls:53 help:2 tree:53 mkdir:53 rm:54' ;;
  15) keys='list:2 help:2 kill:56' ;;
  16) lists='file' next=2 ;;
  17) keys='id:57 pinned:53 tag:58 name:59' ;;
  18) keys='xlated:60 jited:61' ;;
  19) keys='id:62 pinned:63 tag:64 name:65' ;;
  20) lists='object' next=66 ;;
  21) keys='id:67 pinned:68 tag:69 name:70' ;;
  22) keys='id:71 pinned:72 tag:73 name:74' ;;
  23) keys='id:75 pinned:76 tag:77 name:78' ;;
  24) keys='stdout:17 stderr:17' ;;
  25) keys='id:79 pinned:53 name:80' ;;
  26) lists='pin' next=81 ;;
  27) keys='id:82 pinned:83 name:84' ;;
  28) keys='id:85 pinned:86 name:87' ;;
  29) keys='id:88 pinned:89 name:90' ;;
  30) keys='id:91 pinned:92 name:93' ;;
  31) keys='id:94 pinned:63 name:95' ;;
  32) keys='id:96 pinned:97 name:98' ;;
  33) keys='id:99 pinned:100 name:101' ;;
  34) keys='id:102 pinned:103 name:104' ;;
  35) keys='id:105 pinned:53' ;;
  36) keys='id:106 pinned:63' ;;
  37) lists='directory' next=107 ;;
  38) keys='effective:2' lists='directory' next=107 ;;
  39) lists='directory' next=108 ;;
  40) lists='directory' next=109 ;;
  41) keys='dev:110' ;;
  42) lists='net-ATTACH_TYPE' next=111 ;;
  43) lists='net-ATTACH_TYPE' next=41 ;;
  44) keys='id:112' ;;
  45) keys='id:113 prog:114 map:115 file:116' ;;
  46) lists='file' next=117 ;;
  47) lists='object' next=118 ;;
  48) lists='file' next=119 ;;
  49) keys='id:120 name:121' ;;
  50) lists='object' next=53 ;;
  51) lists='object' next=122 ;;
  52) keys='cpus:123' lists='kernel' next=124 ;;
  53) lists='pin' next=2 ;;
  54) lists='pin' next=125 ;;
  55) lists='object' next=2 ;;
  56) lists='pid' next=2 ;;
  57) lists='prog-id' next=2 ;;
  58) lists='prog-tag' next=2 ;;
  59) lists='prog-name' next=2 ;;
  60) keys='id:126 pinned:127 tag:128 name:129' ;;
  61) keys='id:130 pinned:131 tag:132 name:133' ;;
  62) lists='prog-id' next=53 ;;
  63) lists='pin' next=53 ;;
  64) lists='prog-tag' next=53 ;;
  65) lists='prog-name' next=53 ;;
  66) lists='pin' next=134 ;;
  67) lists='prog-id' next=135 ;;
  68) lists='pin' next=135 ;;
  69) lists='prog-tag' next=135 ;;
  70) lists='prog-name' next=135 ;;
  71) lists='prog-id' next=136 ;;
  72) lists='pin' next=136 ;;
  73) lists='prog-tag' next=136 ;;
  74) lists='prog-name' next=136 ;;
  75) lists='prog-id' next=137 ;;
  76) lists='pin' next=137 ;;
  77) lists='prog-tag' next=137 ;;
  78) lists='prog-name' next=137 ;;
  79) lists='map-id' next=2 ;;
  80) lists='map-name' next=2 ;;
  81) keys='type:138' ;;
  82) lists='map-id' next=139 ;;
  83) lists='pin' next=139 ;;
  84) lists='map-name' next=139 ;;
  85) lists='map-id' next=140 ;;
  86) lists='pin' next=140 ;;
  87) lists='map-name' next=140 ;;
  88) lists='map-id' next=141 ;;
  89) lists='pin' next=141 ;;
  90) lists='map-name' next=141 ;;
  91) lists='map-id' next=142 ;;
  92) lists='pin' next=142 ;;
  93) lists='map-name' next=142 ;;
  94) lists='map-id' next=53 ;;
  95) lists='map-name' next=53 ;;
  96) lists='map-id' next=143 ;;
  97) lists='pin' next=143 ;;
  98) lists='map-name' next=143 ;;
  99) lists='map-id' next=144 ;;
  100) lists='pin' next=144 ;;
  101) lists='map-name' next=144 ;;
  102) lists='map-id' next=145 ;;
  103) lists='pin' next=145 ;;
  104) lists='map-name' next=145 ;;
  105) lists='link-id' next=2 ;;
  106) lists='link-id' next=53 ;;
  107) keys='effective:2' ;;
  108) lists='cgroup-ATTACH_TYPE' next=146 ;;
  109) lists='cgroup-ATTACH_TYPE' next=17 ;;
  110) lists='device' next=2 ;;
  111) keys='id:147 pinned:148 tag:149 name:150' ;;
  112) lists='btf-id' next=2 ;;
  113) lists='btf-id' next=151 ;;
  114) keys='id:152 pinned:153 tag:154 name:155' ;;
  115) keys='id:156 pinned:157 name:158' ;;
  116) lists='file' next=159 ;;
  117) lists='object' next=117 ;;
  118) keys='name:123' ;;
  119) lists='file' next=160 ;;
  120) lists='struct_ops-id' next=2 ;;
  121) lists='struct_ops-name' next=2 ;;
  122) lists='pin' next=161 ;;
  123) lists='none' next=2 ;;
  124) keys='cpus:123' ;;
  125) keys='recursive:2' ;;
  126) lists='prog-id' next=162 ;;
  127) lists='pin' next=162 ;;
  128) lists='prog-tag' next=162 ;;
  129) lists='prog-name' next=162 ;;
  130) lists='prog-id' next=163 ;;
  131) lists='pin' next=163 ;;
  132) lists='prog-tag' next=163 ;;
  133) lists='prog-name' next=163 ;;
  134) keys='type!:164 offload_dev!:165 xdpmeta_dev!:165 map:166 pinmaps!:66 autoattach!:134 kernel_btf!:167' ;;
  135) lists='prog-ATTACH_TYPE' next=25 ;;
  136) keys='data_in:168' ;;
  137) keys='duration:169' lists='prog-METRIC' next=170 ;;
  138) lists='map-TYPE' next=171 ;;
  139) keys='key!:172 value!:173 any:139 exist:139 noexist:139' ;;
  140) keys='key:174' ;;
  141) keys='key:175' ;;
  142) keys='key:176' ;;
  143) keys='cpu:177' ;;
  144) keys='value:178' ;;
  145) keys='value:179' ;;
  146) keys='id:180 pinned:181 tag:182 name:183' ;;
  147) lists='prog-id' next=184 ;;
  148) lists='pin' next=184 ;;
  149) lists='prog-tag' next=184 ;;
  150) lists='prog-name' next=184 ;;
  151) keys='format!:185 root_id:186' ;;
  152) lists='prog-id' next=151 ;;
  153) lists='pin' next=151 ;;
  154) lists='prog-tag' next=151 ;;
  155) lists='prog-name' next=151 ;;
  156) lists='map-id' next=187 ;;
  157) lists='pin' next=187 ;;
  158) lists='map-name' next=187 ;;
  159) keys='file:116 format!:185 root_id:186' ;;
  160) lists='object' next=160 ;;
  161) keys='map:25' ;;
  162) keys='file:16 opcodes!:188 linum!:188 visual!:188' ;;
  163) keys='file:16 opcodes!:189 linum!:189' ;;
  164) lists='prog-TYPE' next=134 ;;
  165) lists='device' next=134 ;;
  166) keys='idx:190 name:190' ;;
  167) lists='file' next=134 ;;
  168) lists='file' next=191 ;;
  169) lists='none' next=170 ;;
  170) lists='prog-METRIC' next=170 ;;
  171) keys='key:192' ;;
  172) keys='hex:193' lists='byte' next=194 ;;
  173) keys='hex:195 id:196 pinned:83 name:197 tag:198' lists='byte' next=199 ;;
  174) keys='hex:200' lists='byte' next=200 ;;
  175) keys='hex:201' lists='byte' next=201 ;;
  176) keys='hex:202' lists='byte' next=202 ;;
  177) lists='none' next=203 ;;
  178) keys='hex:204 id:205 pinned:53 name:206 tag:58' lists='byte' next=204 ;;
  179) keys='hex:207 id:205 pinned:53 name:206 tag:58' lists='byte' next=207 ;;
  180) lists='prog-id' next=208 ;;
  181) lists='pin' next=208 ;;
  182) lists='prog-tag' next=208 ;;
  183) lists='prog-name' next=208 ;;
  184) keys='dev:209' ;;
  185) keys='raw:151 c:210' ;;
  186) lists='none' next=151 ;;
  187) keys='key:151 value:151 kv:151 all:151 format!:185 root_id:186' ;;
  188) keys='opcodes!:188 linum!:188 visual!:188' ;;
  189) keys='opcodes!:189 linum!:189' ;;
  190) lists='none' next=211 ;;
  191) keys='data_out!:212 ctx_in!:213 repeat!:214' ;;
  192) lists='none' next=215 ;;
  193) lists='byte' next=194 ;;
  194) keys='key!:172 value!:173 any:139 exist:139 noexist:139' lists='byte' next=194 ;;
  195) lists='byte' next=199 ;;
  196) lists='map-id prog-id' next=139 ;;
  197) lists='map-name prog-name' next=139 ;;
  198) lists='prog-tag' next=139 ;;
  199) keys='key!:172 value!:173 any:139 exist:139 noexist:139' lists='byte' next=199 ;;
  200) lists='byte' next=200 ;;
  201) lists='byte' next=201 ;;
  202) lists='byte' next=202 ;;
  203) keys='index:123' ;;
  204) lists='byte' next=204 ;;
  205) lists='map-id prog-id' next=2 ;;
  206) lists='map-name prog-name' next=2 ;;
  207) lists='byte' next=207 ;;
  208) keys='multi:2 override:2' ;;
  209) lists='device' next=216 ;;
  210) keys='format!:185 root_id:186 unsorted:151' ;;
  211) keys='id:217 pinned:66 name:218' ;;
  212) lists='file' next=219 ;;
  213) lists='file' next=220 ;;
  214) lists='none' next=191 ;;
  215) keys='value:221' ;;
  216) keys='overwrite:2 prepend:2' ;;
  217) lists='map-id' next=134 ;;
  218) lists='map-name' next=134 ;;
  219) keys='data_out!:212 ctx_in!:213 repeat!:214 data_size_out:214' ;;
  220) keys='data_out!:212 ctx_in!:213 repeat!:214 ctx_out:222' ;;
  221) lists='none' next=223 ;;
  222) lists='file' next=224 ;;
  223) keys='entries:225' ;;
  224) keys='data_out!:212 ctx_in!:213 repeat!:214 ctx_size_out:214' ;;
  225) lists='none' next=226 ;;
  226) keys='name:227' ;;
  227) lists='none' next=228 ;;
  228) keys='flags!:227 inner_map!:229 offload_dev!:230' ;;
  229) keys='id:231 pinned:232 name:233' ;;
  230) lists='device' next=228 ;;
  231) lists='map-id' next=228 ;;
  232) lists='pin' next=228 ;;
  233) lists='map-name' next=228 ;;
  esac
}

# Reads the words before the one to complete. Sets keys, lists, and option to one whose value is to come.
_bpftool_walk() {
  [ -n "${ZSH_VERSION-}" ] && setopt local_options sh_word_split
  local word pair key found seen=' '
  option=
  _bpftool_state 0
  for word in "$@"; do
    if [ -n "$option" ]; then
      [ "$word" = = ] && continue
      case $option in --state | --kernel) ask+=("$option" "${word/#\~\//$HOME/}") ;; esac
      option=
      continue
    fi
    case $word in
    --base-btf | --state | --kernel | -[!-]*[ikB] | -[ikB]) option=$word && continue ;;
    --state=* | --kernel=*) ask+=("$word") && continue ;;
    -?*) continue ;;
    esac
    found=
    for pair in $keys; do
      key=${pair%:*}
      [ "$word" = "${key%!}" ] && found=$pair && break
    done
    if [ -z "$found" ] && ! { [ "$lists" = byte ] && _bpftool_is_byte "$word"; }; then
      for pair in $keys; do
        case $pair in "$word"*) found=$pair && break ;; esac
      done
    fi
    if [ -n "$found" ]; then
      case $found in *!:*) seen="$seen${found%!:*} " ;; esac
      _bpftool_state "${found##*:}"
    else
      _bpftool_state "${next:-none}"
    fi
  done
  found=
  for pair in $keys; do
    key=${pair%:*}
    case $seen in *" ${key%!} "*) ;; *) found="$found ${key%!}" ;; esac
  done
  keys=$found
}

_bpftool_is_byte() {
  case $1 in *[!0-9a-fA-FxX]* | '' | ?????*) return 1 ;; esac
}

_bpftool_ask() {
  "$tool" "${ask[@]}" "$@" 2>/dev/null
}

# The values of a key in what a command answers as JSON.
_bpftool_values() {
  local key=$1
  shift
  _bpftool_ask -j "$@" | grep -o "\"$key\":\"\{0,1\}[^\",}]*" | sed 's/^[^:]*:"\{0,1\}//'
}

# Paths of the simulated machine that begin as the word does.
_bpftool_pins() {
  local name dir=/sys/fs/bpf/
  case $dir in "$cur"*) [ "$cur" = $dir ] || { echo $dir && return; } ;; esac
  case $cur in */*) dir=${cur%/*}/ ;; *) return ;; esac
  _bpftool_ask fs ls "$dir" | while IFS= read -r name; do printf '%s\n' "$dir$name"; done
}

# The words of a list, one in a line; files are the shell's own business.
_bpftool_list() {
  case $1 in
  prog-TYPE) printf '%s\n' socket kprobe kretprobe classifier action tracepoint raw_tracepoint xdp perf_event cgroup/skb cgroup/sock cgroup/dev lwt_in lwt_out lwt_xmit lwt_seg6local sockops sk_skb sk_msg lirc_mode2 sk_reuseport flow_dissector cgroup/sysctl cgroup/bind4 cgroup/bind6 cgroup/post_bind4 cgroup/post_bind6 cgroup/connect4 cgroup/connect6 cgroup/connect_unix cgroup/getpeername4 cgroup/getpeername6 cgroup/getpeername_unix cgroup/getsockname4 cgroup/getsockname6 cgroup/getsockname_unix cgroup/sendmsg4 cgroup/sendmsg6 cgroup/sendmsg_unix cgroup/recvmsg4 cgroup/recvmsg6 cgroup/recvmsg_unix cgroup/getsockopt cgroup/setsockopt cgroup/sock_release struct_ops fentry fexit fsession freplace sk_lookup ;;
  prog-ATTACH_TYPE) printf '%s\n' sk_msg_verdict sk_skb_verdict sk_skb_stream_verdict sk_skb_stream_parser flow_dissector ;;
  prog-METRIC) printf '%s\n' cycles instructions l1d_loads llc_misses itlb_misses dtlb_misses ;;
  map-TYPE) printf '%s\n' hash array prog_array perf_event_array percpu_hash percpu_array stack_trace cgroup_array lru_hash lru_percpu_hash lpm_trie array_of_maps hash_of_maps devmap devmap_hash sockmap cpumap xskmap sockhash cgroup_storage reuseport_sockarray percpu_cgroup_storage queue stack sk_storage struct_ops ringbuf inode_storage task_storage bloom_filter user_ringbuf cgrp_storage arena insn_array rhash ;;
  cgroup-ATTACH_TYPE) printf '%s\n' cgroup_inet_ingress cgroup_inet_egress cgroup_inet_sock_create cgroup_sock_ops cgroup_device cgroup_inet4_bind cgroup_inet6_bind cgroup_inet4_post_bind cgroup_inet6_post_bind cgroup_inet4_connect cgroup_inet6_connect cgroup_unix_connect cgroup_inet4_getpeername cgroup_inet6_getpeername cgroup_unix_getpeername cgroup_inet4_getsockname cgroup_inet6_getsockname cgroup_unix_getsockname cgroup_udp4_sendmsg cgroup_udp6_sendmsg cgroup_unix_sendmsg cgroup_udp4_recvmsg cgroup_udp6_recvmsg cgroup_unix_recvmsg cgroup_sysctl cgroup_getsockopt cgroup_setsockopt cgroup_inet_sock_release ;;
  net-ATTACH_TYPE) printf '%s\n' xdp xdpgeneric xdpdrv xdpoffload tcx_ingress tcx_egress ;;
  options) printf '%s\n' -V -h -p -j -f -L -m -n -d -S -i -k -B --json --help --pretty --version --bpffs --mapcompat --nomount --debug --use-loader --sign --base-btf --state --kernel ;;
  prog-id) _bpftool_values id prog show ;;
  prog-tag) _bpftool_values tag prog show ;;
  prog-name) _bpftool_values name prog show ;;
  map-id) _bpftool_values id map show ;;
  map-name) _bpftool_values name map show ;;
  link-id) _bpftool_values id link show ;;
  btf-id) _bpftool_values id btf show ;;
  struct_ops-id) _bpftool_values id struct_ops show ;;
  struct_ops-name) _bpftool_values name struct_ops show ;;
  kernel) _bpftool_values name kernel list ;;
  pid) _bpftool_values pid process list ;;
  device) echo lo ;;
  pin) _bpftool_pins ;;
  esac
}

# The lists that complete the value of an option.
_bpftool_option_lists() {
  case $1 in --state) echo directory ;; --kernel) echo kernel ;; *) echo file ;; esac
}

_bpftool_add() {
  local line
  while IFS= read -r line; do
    case $line in "$cur"*) COMPREPLY+=("$line") ;; esac
  done
}

_bpftool() {
  local tool=$1 cur=${COMP_WORDS[COMP_CWORD]} keys lists next option list key
  local -a ask
  ask=()
  COMPREPLY=()
  _bpftool_walk "${COMP_WORDS[@]:1:COMP_CWORD-1}"
  [ "$cur" = = ] && cur=
  if [ -n "$option" ]; then
    keys= lists=$(_bpftool_option_lists "$option")
  elif [[ $cur == -* ]]; then
    keys= lists=options
  fi
  for key in $keys; do [[ $key == "$cur"* ]] && COMPREPLY+=("$key"); done
  for list in $lists; do
    case $list in
    file) _bpftool_add < <(compgen -f -- "$cur") ;;
    object) _bpftool_add < <(compgen -d -- "$cur"; compgen -f -X '!*.o' -- "$cur") ;;
    directory) _bpftool_add < <(compgen -d -- "$cur") ;;
    *) _bpftool_add < <(_bpftool_list "$list") ;;
    esac
    case $list in file | object | directory) type compopt >/dev/null 2>&1 && compopt -o filenames 2>/dev/null ;; esac
  done
  [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]] && compopt -o nospace 2>/dev/null
  return 0
}

complete -F _bpftool bpftool
