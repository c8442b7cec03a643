import Testing

@testable import modelhost

@Suite("Memory for clients")
struct MemoryPlanTests {
    private let gigabyte = 1 << 30, megabyte = 1 << 20

    @Test("without settings a quarter of the machine is taken, half of it for requests at least")
    func defaults() {
        let large = MemoryPlan(limit: nil, stateCache: nil, sessions: nil, machine: 24 * gigabyte)
        #expect(large.stateCache == 256 * megabyte && large.sessions == gigabyte)
        #expect(large.stateCache + large.sessions + large.requests == 6 * gigabyte)
        let container = MemoryPlan(limit: nil, stateCache: nil, sessions: nil, machine: 400 * megabyte)
        #expect(container.stateCache + container.sessions + container.requests == 100 * megabyte)
        #expect(container.requests == 50 * megabyte)
        #expect(MemoryPlan(limit: nil, stateCache: nil, sessions: nil, machine: nil).requests > 256 * megabyte)
    }

    @Test("a limit bounds everything, also caches that were asked to be larger, which is said")
    func limit() {
        let plan = MemoryPlan(limit: 256 * megabyte, stateCache: 100 * megabyte, sessions: nil, machine: nil)
        #expect(plan.stateCache == 64 * megabyte && plan.sessions == 64 * megabyte && plan.requests == 128 * megabyte)
        #expect(plan.warnings == ["--state-cache-size 100 is more than a quarter of --memory-limit 256; 64 MB are used"])
        #expect(MemoryPlan(limit: 256 * megabyte, stateCache: 0, sessions: 0, machine: nil).requests == 256 * megabyte)
    }

    @Test("what is given to caches without a limit comes on top of what requests need")
    func explicitCaches() {
        let plan = MemoryPlan(limit: nil, stateCache: 2 * gigabyte, sessions: nil, machine: 4 * gigabyte)
        #expect(plan.stateCache == 2 * gigabyte && plan.requests == gigabyte / 2 && plan.warnings.isEmpty)
    }
}
