import Testing

@testable import HostHTTP

@Suite("ReserveDescriptor")
struct ReserveDescriptorTests {
    @Test("it is lent as often as wanted, and its number is free meanwhile")
    func lends() async throws {
        var reserve = ReserveDescriptor()
        for _ in 0..<3 {
            var ran = false
            #expect(reserve.lend { ran = true })
            #expect(ran)
        }
        reserve.release()
        #expect(reserve.lend {}, "a released reserve is filled again")
        reserve.release()
    }

    @Test("the last descriptors of the process count as taken, the first do not")
    func limit() {
        let limit = DescriptorLimit()
        #expect(!limit.isNear(Socket(descriptor: 3)))
        #expect(limit.isNear(Socket(descriptor: .max)))
    }
}
