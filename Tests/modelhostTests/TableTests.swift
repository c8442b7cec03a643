import Testing

@testable import modelhost

struct TableTests {
    @Test("columns line up, the last one is not padded, and a cell is one line whatever it holds")
    func columns() {
        var table = Table(header: ["NAME", "SIZE"])
        table.add(["long name", "1"])
        table.add(["a\nb", "22"])
        let lines = table.text.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[0] == "NAME       SIZE" && lines[1] == "long name  1")
        #expect(lines[2].hasSuffix("22"))
    }
}
