import HostCore
import Testing

struct LittleEndianTests {
    @Test("numbers go into bytes with the lowest first, and come back to the bit")
    func roundTrip() {
        let numbers: [Float] = [1, -0.0, .pi, .infinity, .leastNonzeroMagnitude]
        let bytes = [UInt8](littleEndian: numbers)
        #expect(bytes.prefix(4) == [0, 0, 0x80, 0x3F])
        #expect(bytes.littleEndianFloats(at: 0, count: 5).map(\.bitPattern) == numbers.map(\.bitPattern))
    }

    @Test("numbers are appended behind what is there, and read from any offset")
    func offsets() {
        var bytes: [UInt8] = [7]
        bytes.append(littleEndian: 0x0403_0201)
        bytes.append(littleEndian: [1])
        #expect(bytes == [7, 1, 2, 3, 4, 0, 0, 0x80, 0x3F])
        #expect(bytes.littleEndianWord(at: 1) == 0x0403_0201)
        #expect(bytes.littleEndianFloats(at: 5, count: 1) == [1])
        #expect(bytes.littleEndianFloats(at: 9, count: 0).isEmpty)
    }
}
