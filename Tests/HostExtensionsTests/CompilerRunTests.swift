import Testing

@testable import HostExtensions

struct CompilerRunTests {
    private static let output = """
        /x/One/One.swift:3:5: warning: variable 'a' was never used
        /x/One/One.swift:3:5: note: about the warning
            var a = 1
        /x/One/One.swift:2:8: error: type 'One' does not conform to protocol 'ModelLoader'
        struct One: ModelLoader {
               ^
        /x/One/One.swift:5:10: note: candidate throws, but protocol does not allow it
        /x/One/One.swift:2:8: error: type 'One' does not conform to protocol 'ModelLoader'
        /x/One/One.swift:5:10: note: candidate throws, but protocol does not allow it
        <unknown>:0: error: fatal
        """

    @Test("each error is shown once with the notes that explain it, without pictures, warnings and the folder")
    func report() {
        #expect(
            CompilerRun.report(Self.output, folder: "/x/One") == """
                  One.swift:2:8: error: type 'One' does not conform to protocol 'ModelLoader'
                  One.swift:5:10: note: candidate throws, but protocol does not allow it
                  <unknown>:0: error: fatal
                """)
    }

    @Test("no more lines are shown than asked for, and where there is no error the end of what was said")
    func bounds() {
        #expect(CompilerRun.report(Self.output, folder: "/x/One", atMost: 1).split(separator: "\n").count == 1)
        #expect(CompilerRun.report("killed\nby signal 9", folder: "/x") == "  killed\n  by signal 9")
    }
}
