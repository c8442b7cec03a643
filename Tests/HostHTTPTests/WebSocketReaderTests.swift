import Glibc
import Support
import Testing

@testable import HostHTTP

@Suite("WebSocketReader")
struct WebSocketReaderTests {
    private static func events(_ pieces: [[UInt8]], limit: Int = 100_000) -> [WebSocketEvent] {
        var reader = WebSocketReader(messageLimit: limit)
        var events: [WebSocketEvent] = []
        for piece in pieces {
            reader.feed(piece)
            while let event = reader.next() { events.append(event) }
        }
        return events
    }

    @Test("every length form carries its message", arguments: [0, 1, 125, 126, 127, 65_535, 65_536, 70_000])
    func lengths(_ count: Int) {
        let payload = [UInt8](repeating: 0x61, count: count)
        #expect(Self.events([ClientFrame.bytes(2, payload)]) == [.message(.binary(payload))])
        #expect(Self.events([ClientFrame.bytes(1, payload)]) == [.message(.text(String(repeating: "a", count: count)))])
    }

    private static let forbiddenFrames: [(bytes: [UInt8], code: UInt16)] = {
        let text = ClientFrame.bytes(1, [0x61], isFinal: false)
        var frames: [(bytes: [UInt8], code: UInt16)] = []
        // Reserved bit, no mask, unknown opcode, a ping in fragments, a long ping.
        frames.append(([0xC1, 0x80, 0, 0, 0, 0], 1002))
        frames.append(([0x81, 0x00], 1002))
        frames.append(([0x83, 0x80, 0, 0, 0, 0], 1002))
        frames.append(([0x09, 0x80, 0, 0, 0, 0], 1002))
        frames.append(([0x89, 0xFE, 0, 126], 1002))
        // Lengths that are longer written than they need be, negative, or beyond all bounds.
        frames.append(([0x81, 0xFE, 0, 125], 1002))
        frames.append(([0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], 1002))
        frames.append(([0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0], 1002))
        frames.append(([0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], 1009))
        // Fragments out of turn.
        frames.append((ClientFrame.bytes(0, [1]), 1002))
        frames.append((text + text, 1002))
        // Close frames: half a code, codes that are never sent, a reason that is not text; and text that is not.
        frames.append((ClientFrame.bytes(8, [3]), 1002))
        frames.append((ClientFrame.bytes(8, [0x03, 0xED]), 1002))
        frames.append((ClientFrame.bytes(8, [0, 5]), 1002))
        frames.append((ClientFrame.bytes(8, [0x03, 0xE8, 0xFF]), 1007))
        frames.append((ClientFrame.bytes(1, [0xC3]), 1007))
        return frames
    }()

    @Test("what the standard forbids is refused with its code", arguments: forbiddenFrames)
    func forbidden(_ frame: (bytes: [UInt8], code: UInt16)) {
        #expect(Self.events([frame.bytes, ClientFrame.bytes(1, [0x61])]) == [.failure(frame.code)])
    }

    @Test("fragments together have the bound of one message")
    func fragments() {
        let part = [UInt8](repeating: 0x61, count: 60)
        let frames = ClientFrame.bytes(1, part, isFinal: false) + ClientFrame.bytes(0, part)
        #expect(Self.events([frames], limit: 119) == [.failure(1009)])
        #expect(Self.events([frames], limit: 120) == [.message(.text(String(repeating: "a", count: 120)))])
    }

    @Test("a mebibyte of empty pings, or of empty fragments, takes no more than a moment", arguments: [UInt8(9), 0])
    func smallFrames(_ opcode: UInt8) {
        let frame = ClientFrame.bytes(opcode, [], isFinal: opcode == 9)
        let frames = ClientFrame.bytes(1, [], isFinal: false) + (0..<(1 << 20) / frame.count).flatMap { _ in frame }
        var reader = WebSocketReader(messageLimit: 100)
        var pings = 0
        // The time of this thread alone, so that what else the machine does counts for nothing.
        let start = threadSeconds()
        reader.feed(frames)
        while let event = reader.next() { pings += event == .ping([]) ? 1 : 0 }
        #expect(threadSeconds() - start < 3)
        #expect(pings == (opcode == 9 ? (1 << 20) / frame.count : 0))
        #expect(reader.unfinishedBytes == 0)
    }

    private func threadSeconds() -> Double {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    @Test("no more frames are taken than are allowed, and the rest waits")
    func allowance() {
        var reader = WebSocketReader(messageLimit: 100)
        reader.feed((0..<5).flatMap { ClientFrame.bytes(9, [$0]) } + ClientFrame.bytes(1, [0x61], isFinal: false))
        reader.allowance = 3
        #expect((0..<3).map { _ in reader.next() } == [.ping([0]), .ping([1]), .ping([2])])
        #expect(reader.next() == nil && reader.unfinishedBytes != nil)
        reader.allowance = 100
        #expect(reader.next() == .ping([3]) && reader.next() == .ping([4]) && reader.next() == nil)
        #expect(reader.unfinishedBytes == 1)
        reader.feed(ClientFrame.bytes(0, []) + ClientFrame.bytes(8, []))
        #expect(reader.next() == .message(.text("a")) && reader.unfinishedBytes != nil)
        #expect(reader.next() == .close(1005) && reader.unfinishedBytes == nil)
    }

    @Test("empty fragments and control frames between them leave a message whole")
    func emptyFragments() {
        let frames =
            ClientFrame.bytes(1, [], isFinal: false) + ClientFrame.bytes(9, [1]) + ClientFrame.bytes(0, [], isFinal: false)
            + ClientFrame.bytes(0, Array("hé".utf8.dropLast()), isFinal: false) + ClientFrame.bytes(10, [])
            + ClientFrame.bytes(0, Array("é".utf8.dropFirst()), isFinal: false) + ClientFrame.bytes(0, [])
        #expect(Self.events([frames]) == [.ping([1]), .pong, .message(.text("hé"))])
    }

    @Test("nothing is read after a close")
    func afterClose() {
        #expect(Self.events([ClientFrame.bytes(8, []) + ClientFrame.bytes(1, [0x61])]) == [.close(1005)])
    }

    @Test("any split gives the same events, for random bytes too")
    func splits() {
        var random = SplitMix(seed: 11)
        let good =
            ClientFrame.bytes(1, Array("hé".utf8), isFinal: false) + ClientFrame.bytes(10, [1])
            + ClientFrame.bytes(0, Array("llo".utf8)) + ClientFrame.bytes(2, [UInt8](repeating: 9, count: 300))
            + ClientFrame.bytes(8, [0x0F, 0xA0])
        for _ in 0..<2000 {
            var bytes = good
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let cut = Int.random(in: 0...bytes.count, using: &random)
            let whole = Self.events([bytes])
            #expect(Self.events([Array(bytes[..<cut]), Array(bytes[cut...])]) == whole)
            #expect(Self.events(bytes.map { [$0] }) == whole)
        }
    }
}
