# Completion of bpftool's commands in bash.
# Made by `npm run completions` from the tables and usage texts of the program; changes here are lost.

# What may come in a state: keywords with the state that each leads to (! after those that come once), lists of other
# words and the state that those lead to.
_bpftool_state() {
  keys= lists= next=
  case $1 in
  0) keys='help:2 batch:1 prog:3 map:4 link:5 cgroup:6 perf:7 net:8 feature:9 btf:10 gen:11 struct_ops:12 iter:13 token:7 kernel:14 fs:15 process:16 version:2' ;;
  1) keys='file:17' ;;
  3) keys='show:18 list:18 help:2 dump:19 pin:20 load:21 loadall:21 attach:22 detach:22 tracelog:25 run:23 profile:24' ;;
  4) keys='show:26 list:26 help:2 dump:26 update:28 lookup:29 getnext:30 delete:31 pin:32 event_pipe:33 create:27 peek:26 push:34 enqueue:35 pop:26 dequeue:26 freeze:26' ;;
  5) keys='show:36 list:36 help:2 pin:37 detach:36' ;;
  6) keys='show:38 list:38 tree:39 attach:40 detach:41 help:2' ;;
  7) keys='show:2 list:2 help:2' ;;
  8) keys='show:42 list:42 attach:43 detach:44 help:2' ;;
  9) keys='probe:45 list_builtins:46 help:2' ;;
  10) keys='show:47 list:47 help:2 dump:48' ;;
  11) keys='object:49 skeleton:50 subskeleton:50 min_core_btf:51 help:2' ;;
  12) keys='show:52 list:52 register:53 unregister:52 dump:52 help:2' ;;
  13) keys='help:2 pin:54' ;;
  14) keys='show:2 list:2 help:2 boot:55 reset:2' ;;
  15) keys='ls:56 help:2 tree:56 mkdir:56 rm:57' ;;
  16) keys='list:2 help:2 kill:59' ;;
  17) lists='file' next=2 ;;
  18) keys='id:60 pinned:56 tag:61 name:62' ;;
  19) keys='xlated:63 jited:64' ;;
  20) keys='id:65 pinned:66 tag:67 name:68' ;;
  21) lists='object' next=69 ;;
  22) keys='id:70 pinned:71 tag:72 name:73' ;;
  23) keys='id:74 pinned:75 tag:76 name:77' ;;
  24) keys='id:78 pinned:79 tag:80 name:81' ;;
  25) keys='stdout:18 stderr:18' ;;
  26) keys='id:82 pinned:56 name:83' ;;
  27) lists='pin' next=84 ;;
  28) keys='id:85 pinned:86 name:87' ;;
  29) keys='id:88 pinned:89 name:90' ;;
  30) keys='id:91 pinned:92 name:93' ;;
  31) keys='id:94 pinned:95 name:96' ;;
  32) keys='id:97 pinned:66 name:98' ;;
  33) keys='id:99 pinned:100 name:101' ;;
  34) keys='id:102 pinned:103 name:104' ;;
  35) keys='id:105 pinned:106 name:107' ;;
  36) keys='id:108 pinned:56' ;;
  37) keys='id:109 pinned:66' ;;
  38) lists='directory' next=110 ;;
  39) keys='effective:2' lists='directory' next=110 ;;
  40) lists='directory' next=111 ;;
  41) lists='directory' next=112 ;;
  42) keys='dev:113' ;;
  43) lists='net-ATTACH_TYPE' next=114 ;;
  44) lists='net-ATTACH_TYPE' next=42 ;;
  45) keys='kernel:45 dev:115 full!:45 unprivileged!:45 macros!:116' ;;
  46) lists='feature-GROUP' next=2 ;;
  47) keys='id:117' ;;
  48) keys='id:118 prog:119 map:120 file:121' ;;
  49) lists='file' next=122 ;;
  50) lists='object' next=123 ;;
  51) lists='file' next=124 ;;
  52) keys='id:125 name:126' ;;
  53) lists='object' next=56 ;;
  54) lists='object' next=127 ;;
  55) keys='cpus:128' lists='kernel' next=129 ;;
  56) lists='pin' next=2 ;;
  57) lists='pin' next=130 ;;
  58) lists='object' next=2 ;;
  59) lists='pid' next=2 ;;
  60) lists='prog-id' next=2 ;;
  61) lists='prog-tag' next=2 ;;
  62) lists='prog-name' next=2 ;;
  63) keys='id:131 pinned:132 tag:133 name:134' ;;
  64) keys='id:135 pinned:136 tag:137 name:138' ;;
  65) lists='prog-id' next=56 ;;
  66) lists='pin' next=56 ;;
  67) lists='prog-tag' next=56 ;;
  68) lists='prog-name' next=56 ;;
  69) lists='pin' next=139 ;;
  70) lists='prog-id' next=140 ;;
  71) lists='pin' next=140 ;;
  72) lists='prog-tag' next=140 ;;
  73) lists='prog-name' next=140 ;;
  74) lists='prog-id' next=141 ;;
  75) lists='pin' next=141 ;;
  76) lists='prog-tag' next=141 ;;
  77) lists='prog-name' next=141 ;;
  78) lists='prog-id' next=142 ;;
  79) lists='pin' next=142 ;;
  80) lists='prog-tag' next=142 ;;
  81) lists='prog-name' next=142 ;;
  82) lists='map-id' next=2 ;;
  83) lists='map-name' next=2 ;;
  84) keys='type:143' ;;
  85) lists='map-id' next=144 ;;
  86) lists='pin' next=144 ;;
  87) lists='map-name' next=144 ;;
  88) lists='map-id' next=145 ;;
  89) lists='pin' next=145 ;;
  90) lists='map-name' next=145 ;;
  91) lists='map-id' next=146 ;;
  92) lists='pin' next=146 ;;
  93) lists='map-name' next=146 ;;
  94) lists='map-id' next=147 ;;
  95) lists='pin' next=147 ;;
  96) lists='map-name' next=147 ;;
  97) lists='map-id' next=56 ;;
  98) lists='map-name' next=56 ;;
  99) lists='map-id' next=148 ;;
  100) lists='pin' next=148 ;;
  101) lists='map-name' next=148 ;;
  102) lists='map-id' next=149 ;;
  103) lists='pin' next=149 ;;
  104) lists='map-name' next=149 ;;
  105) lists='map-id' next=150 ;;
  106) lists='pin' next=150 ;;
  107) lists='map-name' next=150 ;;
  108) lists='link-id' next=2 ;;
  109) lists='link-id' next=56 ;;
  110) keys='effective:2' ;;
  111) lists='cgroup-ATTACH_TYPE' next=151 ;;
  112) lists='cgroup-ATTACH_TYPE' next=18 ;;
  113) lists='device' next=2 ;;
  114) keys='id:152 pinned:153 tag:154 name:155' ;;
  115) lists='device' next=45 ;;
  116) keys='kernel:45 dev:115 full!:45 unprivileged!:45 macros!:116 prefix:156' ;;
  117) lists='btf-id' next=2 ;;
  118) lists='btf-id' next=157 ;;
  119) keys='id:158 pinned:159 tag:160 name:161' ;;
  120) keys='id:162 pinned:163 name:164' ;;
  121) lists='file' next=165 ;;
  122) lists='object' next=122 ;;
  123) keys='name:128' ;;
  124) lists='file' next=166 ;;
  125) lists='struct_ops-id' next=2 ;;
  126) lists='struct_ops-name' next=2 ;;
  127) lists='pin' next=167 ;;
  128) lists='none' next=2 ;;
  129) keys='cpus:128' ;;
  130) keys='recursive:2' ;;
  131) lists='prog-id' next=168 ;;
  132) lists='pin' next=168 ;;
  133) lists='prog-tag' next=168 ;;
  134) lists='prog-name' next=168 ;;
  135) lists='prog-id' next=169 ;;
  136) lists='pin' next=169 ;;
  137) lists='prog-tag' next=169 ;;
  138) lists='prog-name' next=169 ;;
  139) keys='type!:170 offload_dev!:171 xdpmeta_dev!:171 map:172 pinmaps!:69 autoattach!:139 kernel_btf!:173' ;;
  140) lists='prog-ATTACH_TYPE' next=26 ;;
  141) keys='data_in:174' ;;
  142) keys='duration:175' lists='prog-METRIC' next=176 ;;
  143) lists='map-TYPE' next=177 ;;
  144) keys='key!:178 value!:179 any:144 exist:144 noexist:144' ;;
  145) keys='key:180' ;;
  146) keys='key:181' ;;
  147) keys='key:182' ;;
  148) keys='cpu:183' ;;
  149) keys='value:184' ;;
  150) keys='value:185' ;;
  151) keys='id:186 pinned:187 tag:188 name:189' ;;
  152) lists='prog-id' next=190 ;;
  153) lists='pin' next=190 ;;
  154) lists='prog-tag' next=190 ;;
  155) lists='prog-name' next=190 ;;
  156) lists='none' next=45 ;;
  157) keys='format!:191 root_id:192' ;;
  158) lists='prog-id' next=157 ;;
  159) lists='pin' next=157 ;;
  160) lists='prog-tag' next=157 ;;
  161) lists='prog-name' next=157 ;;
  162) lists='map-id' next=193 ;;
  163) lists='pin' next=193 ;;
  164) lists='map-name' next=193 ;;
  165) keys='file:121 format!:191 root_id:192' ;;
  166) lists='object' next=166 ;;
  167) keys='map:26' ;;
  168) keys='file:17 opcodes!:194 linum!:194 visual!:194' ;;
  169) keys='file:17 opcodes!:195 linum!:195' ;;
  170) lists='prog-TYPE' next=139 ;;
  171) lists='device' next=139 ;;
  172) keys='idx:196 name:196' ;;
  173) lists='file' next=139 ;;
  174) lists='file' next=197 ;;
  175) lists='none' next=176 ;;
  176) lists='prog-METRIC' next=176 ;;
  177) keys='key:198' ;;
  178) keys='hex:199' lists='byte' next=200 ;;
  179) keys='hex:201 id:202 pinned:86 name:203 tag:204' lists='byte' next=205 ;;
  180) keys='hex:206' lists='byte' next=206 ;;
  181) keys='hex:207' lists='byte' next=207 ;;
  182) keys='hex:208' lists='byte' next=208 ;;
  183) lists='none' next=209 ;;
  184) keys='hex:210 id:211 pinned:56 name:212 tag:61' lists='byte' next=210 ;;
  185) keys='hex:213 id:211 pinned:56 name:212 tag:61' lists='byte' next=213 ;;
  186) lists='prog-id' next=214 ;;
  187) lists='pin' next=214 ;;
  188) lists='prog-tag' next=214 ;;
  189) lists='prog-name' next=214 ;;
  190) keys='dev:215' ;;
  191) keys='raw:157 c:216' ;;
  192) lists='none' next=157 ;;
  193) keys='key:157 value:157 kv:157 all:157 format!:191 root_id:192' ;;
  194) keys='opcodes!:194 linum!:194 visual!:194' ;;
  195) keys='opcodes!:195 linum!:195' ;;
  196) lists='none' next=217 ;;
  197) keys='data_out!:218 ctx_in!:219 repeat!:220' ;;
  198) lists='none' next=221 ;;
  199) lists='byte' next=200 ;;
  200) keys='key!:178 value!:179 any:144 exist:144 noexist:144' lists='byte' next=200 ;;
  201) lists='byte' next=205 ;;
  202) lists='map-id prog-id' next=144 ;;
  203) lists='map-name prog-name' next=144 ;;
  204) lists='prog-tag' next=144 ;;
  205) keys='key!:178 value!:179 any:144 exist:144 noexist:144' lists='byte' next=205 ;;
  206) lists='byte' next=206 ;;
  207) lists='byte' next=207 ;;
  208) lists='byte' next=208 ;;
  209) keys='index:128' ;;
  210) lists='byte' next=210 ;;
  211) lists='map-id prog-id' next=2 ;;
  212) lists='map-name prog-name' next=2 ;;
  213) lists='byte' next=213 ;;
  214) keys='multi:2 override:2' ;;
  215) lists='device' next=222 ;;
  216) keys='format!:191 root_id:192 unsorted:157' ;;
  217) keys='id:223 pinned:69 name:224' ;;
  218) lists='file' next=225 ;;
  219) lists='file' next=226 ;;
  220) lists='none' next=197 ;;
  221) keys='value:227' ;;
  222) keys='overwrite:2 prepend:2' ;;
  223) lists='map-id' next=139 ;;
  224) lists='map-name' next=139 ;;
  225) keys='data_out!:218 ctx_in!:219 repeat!:220 data_size_out:220' ;;
  226) keys='data_out!:218 ctx_in!:219 repeat!:220 ctx_out:228' ;;
  227) lists='none' next=229 ;;
  228) lists='file' next=230 ;;
  229) keys='entries:231' ;;
  230) keys='data_out!:218 ctx_in!:219 repeat!:220 ctx_size_out:220' ;;
  231) lists='none' next=232 ;;
  232) keys='name:233' ;;
  233) lists='none' next=234 ;;
  234) keys='flags!:233 inner_map!:235 offload_dev!:236' ;;
  235) keys='id:237 pinned:238 name:239' ;;
  236) lists='device' next=234 ;;
  237) lists='map-id' next=234 ;;
  238) lists='pin' next=234 ;;
  239) lists='map-name' next=234 ;;
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
  feature-GROUP) printf '%s\n' prog_types map_types attach_types link_types helpers ;;
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
