"""drgn-list.py VMCORE FIRST: counts an hlist from its first node, as drgn does it without debug info. A witness and a clock."""
import sys

import drgn

prog = drgn.Program()
prog.set_core_dump(sys.argv[1])
current, count = int(sys.argv[2], 16), 0
while current:
    count += 1
    current = prog.read_u64(current)
print(count)
