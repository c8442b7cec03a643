import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Keeps the process alive when a mapped file is cut short by another process.
///
/// Touching a page beyond the new end raises SIGBUS. Signal handling belongs to the whole process, so only the program
/// itself calls `install()`; without it nothing is changed.
package enum MappingGuard {
    /// Puts a page of zeros where a mapped file has lost one, and leaves every other SIGBUS as deadly as it was.
    package static func install() {
        // A lazy static must not be set up inside a signal handler.
        _ = slots.damage(at: 0)
        _ = pageSize
        var action = sigaction()
        #if canImport(Glibc)
            unsafe action.__sigaction_handler.sa_sigaction = { signal, information, _ in
                unsafe MappingGuard.repair(signal, information)
            }
        #else
            unsafe action.__sigaction_u.__sa_sigaction = { signal, information, _ in
                unsafe MappingGuard.repair(signal, information)
            }
        #endif
        action.sa_flags = CInt(SA_SIGINFO)
        unsafe sigaction(SIGBUS, &action, nil)
    }

    static func add(base: UInt, count: Int) { slots.add(base: base, end: base + UInt(count)) }
    static func remove(base: UInt) { slots.remove(base: base) }
    static func isDamaged(base: UInt) -> Bool { slots.isDamaged(base: base) }

    private static let slots = MappingSlots()
    private static let pageSize = UInt(getpagesize())

    /// Runs inside a signal handler: atomic loads and stores and one system call, no allocation, no locks.
    private static func repair(_ signal: CInt, _ information: UnsafeMutablePointer<siginfo_t>?) {
        #if canImport(Glibc)
            let address = unsafe UInt(bitPattern: information?.pointee._sifields._sigfault.si_addr)
        #else
            let address = unsafe UInt(bitPattern: information?.pointee.si_addr)
        #endif
        let page = address & ~(pageSize - 1)
        if slots.damage(at: address) {
            let mapped = unsafe mmap(
                UnsafeMutableRawPointer(bitPattern: page), Int(pageSize), PROT_READ,
                MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0)
            if unsafe mapped != MAP_FAILED { return }
        }
        var action = sigaction()
        #if canImport(Glibc)
            unsafe action.__sigaction_handler.sa_handler = SIG_DFL
        #else
            unsafe action.__sigaction_u.__sa_handler = SIG_DFL
        #endif
        unsafe sigaction(signal, &action, nil)
    }
}

/// The mapped ranges, readable by a signal handler; a mapping beyond the last slot goes unguarded.
private struct MappingSlots: ~Copyable, Sendable {
    private struct Slot: ~Copyable, Sendable {
        /// 0 is free, 1 is being filled.
        let base = Atomic<UInt>(0)
        let end = Atomic<UInt>(0)
        let isDamaged = Atomic(false)
    }

    private let slots = InlineArray<256, Slot> { _ in Slot() }

    func add(base: UInt, end: UInt) {
        for position in slots.indices
        where slots[position].base.compareExchange(expected: 0, desired: 1, ordering: .acquiring).exchanged {
            slots[position].isDamaged.store(false, ordering: .relaxed)
            slots[position].end.store(end, ordering: .relaxed)
            slots[position].base.store(base, ordering: .releasing)
            return
        }
    }

    func remove(base: UInt) {
        for position in slots.indices where slots[position].base.load(ordering: .relaxed) == base {
            slots[position].base.store(0, ordering: .releasing)
        }
    }

    /// Notes the damage; false when no mapping holds the address.
    func damage(at address: UInt) -> Bool {
        for position in slots.indices {
            let base = slots[position].base.load(ordering: .acquiring)
            guard base > 1, address >= base, address < slots[position].end.load(ordering: .relaxed) else { continue }
            slots[position].isDamaged.store(true, ordering: .relaxed)
            return true
        }
        return false
    }

    func isDamaged(base: UInt) -> Bool {
        for position in slots.indices where slots[position].base.load(ordering: .relaxed) == base {
            return slots[position].isDamaged.load(ordering: .relaxed)
        }
        return false
    }
}
