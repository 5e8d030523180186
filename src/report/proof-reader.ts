/**
 * The part of check.py that reads: the walks of KSM's lists and trees, of task lists and of locks' queues, in Python and by
 * numbers alone. It is the same for every report.
 */
export const READER = `

# Walking by numbers.
M64 = 2**64 - 1
STABLE_FLAG = 0x200  # mm/ksm.c: in rmap_item.address
STABLE_NODE_CHAIN = -1024  # mm/ksm.c: rmap_hlist_len of a chain
RB_RIGHT, RB_LEFT = RB_NODE_RB_RIGHT, RB_NODE_RB_LEFT


class Torn(Exception):
    """Memory is missing: so much was counted up to there."""

    def __init__(self, counted, why):
        super().__init__(why)
        self.counted = counted


class Wrong(Exception):
    """What lies there is not what should: a list that does not end, no task of that pid."""


def number(at, size, signed=False):
    return int.from_bytes(prog.read(at & M64, size), "little", signed=signed)


def word(at):
    return number(at, 8)


def follow(first, next_of, stop=0):
    """Every link of a list from the first on; raises Wrong where the list comes back to itself."""
    at, mark, steps, limit = first, None, 0, 1
    while at != stop and at != 0:
        if at == mark:
            raise Wrong("the list is a loop at " + hex(at))
        if steps == limit:
            mark, steps, limit = at, 0, limit * 2
        steps += 1
        yield at
        at = next_of(at)


once = {}


def kept(key, make):
    """Walks once, however many claims ask."""
    if key not in once:
        once[key] = make()
    return once[key]


# KSM: an hlist of rmap_items.
class Walk:
    def __init__(self, node):
        self.length = self.pprev = self.head = self.flag = 0
        self.mms = {}
        self.torn = None
        parts = (RMAP_ITEM_HLIST, RMAP_ITEM_HLIST + 8, RMAP_ITEM_HEAD, RMAP_ITEM_ADDRESS, RMAP_ITEM_MM)
        low, size = min(parts), max(parts) + 8 - min(parts)
        cut = [slice(part - low, part - low + 8) for part in parts]
        expect = node + STABLE_NODE_HLIST
        nexts = {}
        try:
            for link in follow(word(expect), lambda at: nexts["next"]):
                data = prog.read(link - RMAP_ITEM_HLIST + low, size)
                following, pprev, head, address, mm = (int.from_bytes(data[one], "little") for one in cut)
                nexts["next"] = following
                self.length += 1
                self.pprev += pprev != expect
                self.head += head != node
                self.flag += address & 0xFFF != STABLE_FLAG
                self.mms[mm] = self.mms.get(mm, 0) + 1
                expect = link
        except FaultError as fault:
            self.torn = str(fault)


def items_of(node, of):
    """Length of a node's hlist, items that fail a check, or items of an mm (by its address)."""
    walk = kept(("list", node), lambda: Walk(node))
    found = walk.mms.get(of, 0) if isinstance(of, int) else len(walk.mms) if of == "mms" else getattr(walk, of)
    if walk.torn:
        raise Torn(found, walk.torn)
    return found


# KSM: the stable trees, the dups of chains, and migrate_nodes.
class Nodes:
    def __init__(self):
        self.plain, self.chains, self.dups, self.migrate = [], [], [], []
        self.places = {}  # tree and chain by node
        self.torn = None
        try:
            for tree in range(TREE_COUNT):
                left = [word(TREES + 8 * tree)]
                seen = set()
                while left:
                    node = left.pop()
                    if node == 0:
                        continue
                    if node in seen:
                        raise Wrong("the tree is no tree at " + hex(node))
                    seen.add(node)
                    left += [word(node + RB_RIGHT), word(node + RB_LEFT)]
                    self.note(node, tree)
            head = SYMBOLS.get("migrate_nodes")
            if head is not None and STABLE_NODE_LIST is not None:
                self.migrate = [link - STABLE_NODE_LIST for link in follow(word(head), word, head)]
                self.places.update((node, {}) for node in self.migrate)
        except FaultError as fault:
            self.torn = str(fault)

    def note(self, node, tree):
        self.places[node] = {"tree": tree}
        length = STABLE_NODE_RMAP_HLIST_LEN
        if length is None or number(node + length, 4, True) != STABLE_NODE_CHAIN:
            self.plain.append(node)
            return
        self.chains.append(node)
        for link in follow(word(node + STABLE_NODE_HLIST), word):
            self.dups.append(link - STABLE_NODE_HLIST_DUP)
            self.places[self.dups[-1]] = {"tree": tree, "chain": node}

    def paged(self):
        return self.plain + self.dups + self.migrate


def all_nodes():
    return kept("nodes", Nodes)


def hangs(node, of):
    nodes = all_nodes()
    if node not in nodes.places:
        raise Torn(None, nodes.torn) if nodes.torn else Wrong("no tree, chain or list leads there")
    return node if of == "address" else nodes.places[node].get(of)


def over_lists(sum_of):
    nodes = all_nodes()
    walks = [(node, kept(("list", node), lambda node=node: Walk(node))) for node in nodes.paged()]
    found = sum(sum_of(walk, node) for node, walk in walks)
    torn = nodes.torn or next((walk.torn for _, walk in walks if walk.torn), None)
    if torn:
        raise Torn(found, torn)
    return found


def total(of):
    if of == "items":
        return over_lists(lambda walk, _: walk.length)
    nodes = all_nodes()
    found = len(nodes.paged() if of == "nodes" else getattr(nodes, of))
    if nodes.torn:
        raise Torn(found, nodes.torn)
    return found


def by_length(low, high, of):
    return over_lists(lambda walk, _: (walk.length if of == "items" else 1) if low <= walk.length <= high else 0)


def by_node(nid, of):
    def part(walk, node):
        return (walk.length if of == "items" else 1) if number(node + STABLE_NODE_NID, 4, True) == nid else 0

    return over_lists(part)


def shared_by(mm):
    return over_lists(lambda walk, _: walk.mms.get(mm, 0))


# KSM: the second count, over the rmap_list of each process.
class ByMms:
    def __init__(self):
        self.stable = 0
        self.torn = None
        low = min(RMAP_ITEM_RMAP_LIST, RMAP_ITEM_ADDRESS)
        size = max(RMAP_ITEM_RMAP_LIST, RMAP_ITEM_ADDRESS) + 8 - low
        chain = slice(RMAP_ITEM_RMAP_LIST - low, RMAP_ITEM_RMAP_LIST - low + 8)
        flags = slice(RMAP_ITEM_ADDRESS - low, RMAP_ITEM_ADDRESS - low + 8)
        head = SYMBOLS["ksm_mm_head"] + MM_SLOT_LIST
        nexts = {}
        try:
            for link in follow(word(head), word, head):
                for item in follow(word(link - MM_SLOT_LIST + MM_SLOT_RMAP_LIST), lambda at: nexts["next"]):
                    data = prog.read(item + low, size)
                    nexts["next"] = int.from_bytes(data[chain], "little")
                    self.stable += int.from_bytes(data[flags], "little") & STABLE_FLAG != 0
        except FaultError as fault:
            self.torn = str(fault)


def by_mms():
    count = kept("mms", ByMms)
    if count.torn:
        raise Torn(count.stable, count.torn)
    return count.stable


# Pages.
def page(pfn):
    return VMEMMAP + pfn * STRUCT_PAGE


def page_of(node, size, own):
    """struct page of the frame that a node's kpfn names, where memory says that they begin; own: its mapping names the node."""
    base = word(SYMBOLS["vmemmap_base"]) if "vmemmap_base" in SYMBOLS else VMEMMAP
    at = base + number(node + STABLE_NODE_KPFN, size) * STRUCT_PAGE
    mapping = word(at + (PAGE_MAPPING if own else 0))
    if own and mapping != node | 3:
        raise Wrong("mapping of the page at " + hex(at) + " is " + hex(mapping))
    return at


def mapcount(pfn):
    return number(page(pfn) + PAGE_MAPCOUNT, 4, True) + 1


def progress(way, node, pfn):
    done = mapcount(pfn) / items_of(node, "length")
    return int((1 - done if way == "unmap" else done) * 1000 + 0.5) / 1000


# Tasks.
def tasks():
    return kept("tasks", every_task)


def every_task():
    """Every thread of every process, and init_task."""
    found = [SYMBOLS["init_task"]]
    head = SYMBOLS["init_task"] + TASK_TASKS
    for link in follow(word(head), word, head):
        group = word(link - TASK_TASKS + TASK_SIGNAL) + SIGNAL_THREAD_HEAD
        found += [thread - TASK_THREAD_NODE for thread in follow(word(group), word, group)]
    return found


def listed(task):
    if task not in tasks():
        raise Wrong("it is no task of the task list")
    return task


def pid(task):
    return number(task + TASK_PID, 4, True)


def pids(some):
    return [pid(task) for task in some]


def by_pid(some, wanted, rows=1):
    """rows: how often the report has that pid among the waiters."""
    found = [task for task in some if pid(task) == wanted]
    if not found:
        raise Wrong("no task of that pid")
    if len(found) < rows:
        raise Wrong("the report has it " + str(rows) + " times, memory " + str(len(found)))
    return found[0]


def comm(task):
    """Bytes of its name; those that can not be printed stand as '.', as in the report."""
    name = prog.read(task + TASK_COMM, 16).split(b"\\0")[0]
    return bytes(byte if 0x20 <= byte < 0x7F else 0x2E for byte in name).hex()


def state(task):
    """The letter of /proc/PID/stat. fs/proc/array.c: TASK_IDLE is I; waits for an RT lock and frozen tasks are shown as D."""
    word_of = number(task + TASK_STATE, 4)
    exit_state = number(task + TASK_EXIT_STATE, 4)
    if word_of & 0x9000:
        return b"D".hex()
    if word_of & 0x402 == 0x402:
        return b"I".hex()
    return b"RSDTtXZP"[((word_of | exit_state) & 0x7F).bit_length() :][:1].hex()


def process_of(mm, wanted):
    processes = {number(task + TASK_TGID, 4) for task in tasks() if word(task + TASK_MM) == mm}
    return wanted if wanted in processes else sorted(processes)


def milliseconds(seconds):
    return int(seconds * 1000 + 0.5) / 1000


def blocked(task, lock=None):
    """Seconds since it queued, where the lock records that; else since it was last put on a CPU."""
    entry = dict(once.get(("entries", lock), ())).get(task)
    if entry is not None and RWSEM_WAITER_TIMEOUT is not None:
        nsec = word(SYMBOLS["tick_nsec"])
        hz = next((rate for rate in (100, 250, 300, 1000) if abs(10**9 / rate - nsec) < 10**7 / rate), None)
        if hz is None:
            raise Torn(None, "tick_nsec is that of no HZ")
        now = word(SYMBOLS["jiffies_64"])
        # kernel/locking/rwsem.c: a waiter's timeout is the moment when it queued, plus 4 ms
        ticks = now - (word(entry + RWSEM_WAITER_TIMEOUT) - -(-hz // 250)) & M64
        # include/linux/jiffies.h: jiffies begins five minutes before 32 bits overflow
        if ticks <= (now - (2**32 - 300 * hz)) & M64:
            return milliseconds(ticks / hz)
    arrival = word(task + TASK_LAST_ARRIVAL)
    if arrival == 0:
        raise Torn(None, "it was never put on a CPU")
    return milliseconds(max(0, clock() / 10**9 - arrival / 10**9))


def clock():
    """The latest rq->clock of all CPUs, ns."""
    return kept("clock", latest_clock)


def latest_clock():
    found = 0
    for cpu in range(min(number(SYMBOLS["nr_cpu_ids"], 4), 8192)):
        try:
            at = word(SYMBOLS["__per_cpu_offset"] + 8 * cpu) + SYMBOLS["runqueues"] + RQ_CLOCK
            found = max(found, *(value for value in [word(at)] if value < 2**62), 0)
        except FaultError:
            continue
    if found == 0:
        raise Torn(None, "no rq->clock can be read")
    return found


def instruction_pointer(task, at):
    """Of a task that was switched out it stands on its stack."""
    if number(task + TASK_ON_CPU, 1):
        raise Torn(None, "is a register: the task runs on a CPU, and no word of memory holds it")
    return word(at)


# Locks.
THREAD_SIZE = 16384  # arch/x86/include/asm/page_64_types.h, without KASAN


def lock_of(mm):
    if not any(word(task + TASK_MM) == mm for task in tasks()):
        raise Torn(None, "no task has this mm")
    return mm + MM_MMAP_LOCK


def writer(lock):
    task = word(lock + RWSEM_OWNER) & ~7
    if task not in tasks():
        raise Wrong("the owner word names no task")
    return pid(task)


def reader(lock, mm, wanted, waiting):
    """No word of a lock names its readers: a task that does not wait for it, and has to do with it."""
    task = by_pid(tasks(), wanted)
    if task in waiting:
        raise Wrong("it waits in the queue of the lock")
    stack = prog.read(word(task + TASK_STACK), THREAD_SIZE)
    words = {stack[at : at + 8] for at in range(0, THREAD_SIZE, 8)}
    if not words & {mm.to_bytes(8, "little"), lock.to_bytes(8, "little")}:
        raise Torn(None, "no word of its stack names the lock or its mm")
    return wanted


def queue(lock, kind, form):
    """task_structs of the waiters, in the order of the queue."""
    return [task for task, _ in kept(("entries", lock), lambda: waiters(lock, kind, form))]


def waiters(lock, kind, form):
    """Of each the task_struct, and its rwsem_waiter, mutex_waiter or rt_mutex_waiter."""
    rwsem = kind == "rwsem"
    if form == "waiters":
        entries, links = rb_nodes(word(lock + (RWSEM_WAITERS if rwsem else MUTEX_WAITERS))), RT_WAITER_ENTRY
        task = RT_WAITER_TASK
    else:
        links, task = (
            (RWSEM_WAITER_LIST, RWSEM_WAITER_TASK) if rwsem else (MUTEX_WAITER_LIST, MUTEX_WAITER_TASK)
        )
        if form == "first_waiter":
            first = word(lock + (RWSEM_FIRST_WAITER if rwsem else MUTEX_FIRST_WAITER))
            entries = [first + links, *follow(word(first + links), word, first + links)] if first else []
        else:
            head = lock + (RWSEM_WAIT_LIST if rwsem else MUTEX_WAIT_LIST)
            entries = list(follow(word(head), word, head))
    # the low bits of the pointer are flags
    return [(word(entry - links + task) & ~7, entry - links) for entry in entries]


def rb_nodes(root):
    """In order."""
    found, path, node, seen = [], [], root, set()
    while node or path:
        while node:
            if node in seen:
                raise Wrong("the tree is no tree at " + hex(node))
            seen.add(node)
            path.append(node)
            node = word(node + RB_LEFT)
        node = path.pop()
        found.append(node)
        node = word(node + RB_RIGHT)
    return found


# The kernel.
def vmcoreinfo(key):
    def text():
        try:
            return prog["VMCOREINFO"].string_()
        except KeyError:
            # an older drgn: the kernel's own copy
            return prog.read(word(SYMBOLS["vmcoreinfo_data"]), min(word(SYMBOLS["vmcoreinfo_size"]), 4096))

    for line in kept("vmcoreinfo", text).decode("latin1").splitlines():
        name, _, value = line.partition("=")
        if name == key:
            return value
    raise Torn(None, "VMCOREINFO does not say it")


def kallsyms():
    """What looks a symbol up in the kallsyms of the dump."""
    try:
        from drgn.helpers.linux.kallsyms import load_vmlinux_kallsyms
    except ImportError:
        raise Torn(None, "this drgn does not read kallsyms") from None
    try:
        index = load_vmlinux_kallsyms(prog)
    except Exception as error:
        raise Torn(None, "drgn finds no kallsyms: " + str(error)) from None
    return lambda name: [one.address for one in index(prog, name, None, False)]


def known_symbols():
    """How many of SYMBOLS the kallsyms of the dump give the same address."""
    find = kept("kallsyms", kallsyms)
    return sum(at in find(name) for name, at in SYMBOLS.items() if at >= 2**63)


def symbol(name, offset, claimed):
    """By kallsyms; where they can not be read, the report can be wrong in itself, but not right."""
    if SYMBOLS[name] + offset != claimed:
        return SYMBOLS[name] + offset
    find = kept("kallsyms", kallsyms)
    if SYMBOLS[name] not in find(name):
        raise Wrong("kallsyms have it elsewhere")
    return claimed


# Telling.
counts = {"PASS": 0, "FAIL": 0, "UNKNOWN": 0}


def tell(result, path, what, rest):
    counts[result] += 1
    print(result, path + ":", what + ",", rest, flush=True)


def unknown(path, what, why):
    tell("UNKNOWN", path, what, why)


def claim(path, what, expected, read, show):
    def shown(value):
        return show(value) if isinstance(value, int) else str(value)

    wanted = "expected " + shown(expected)
    try:
        found = read()
    except Torn as torn:
        more = isinstance(torn.counted, int) and isinstance(expected, int) and torn.counted > expected
        rest = "" if torn.counted is None else " found " + str(torn.counted) + " and no more:"
        tell("FAIL" if more else "UNKNOWN", path, what, wanted + rest + " " + str(torn))
    except FaultError as fault:
        tell("UNKNOWN", path, what, wanted + " can not be read: " + str(fault))
    except Wrong as wrong:
        tell("FAIL", path, what, wanted + " found something else: " + str(wrong))
    else:
        tell("PASS" if found == expected else "FAIL", path, what, wanted + " found " + shown(found))


def finish():
    print(", ".join(str(count) + " " + result for result, count in counts.items()))
    sys.exit(1 if counts["FAIL"] else 2 if counts["UNKNOWN"] > counts["PASS"] else 0)
`
