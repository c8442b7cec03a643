import HostRuntime
import Testing

@Suite("The memory budget")
struct MemoryBudgetTests {
    @Test("a share takes what it holds and gives it back when it goes")
    func shares() {
        let budget = MemoryBudget(limit: 100)
        var share = budget.reserve(60)
        #expect(share != nil && budget.used == 60)
        #expect(budget.reserve(41) == nil)
        #expect(share?.grow(by: 40) == true)
        #expect(share?.grow(by: 1) == false)
        #expect(budget.available == 0)
        share?.shrink(to: 10)
        #expect(budget.used == 10)
        share?.shrink(to: 50)
        #expect(share?.bytes == 10)
        share = nil
        #expect(budget.used == 0)
    }

    @Test("no more than the limit is ever reserved, however many ask at once")
    func contention() async {
        let budget = MemoryBudget(limit: 1000)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for bytes in 1...500 {
                        let share = budget.reserve(bytes)
                        #expect(budget.used <= 1000)
                        withExtendedLifetime(share) {}
                    }
                }
            }
        }
        #expect(budget.used == 0)
    }

    @Test("an unlimited budget takes any number")
    func unlimited() {
        #expect(MemoryBudget.unlimited.reserve(.max / 2) != nil)
    }
}
