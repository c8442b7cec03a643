import HostFiles
import Testing

struct OnePartNameTests {
    @Test("names without slashes and control characters are good, whatever else is in them", arguments: ["a", "é 🙂", ".x", "a.b-c_d"])
    func good(name: String) {
        #expect(OnePartName.problem(name, atMost: 20) == nil)
    }

    @Test(
        "others are refused with their reason",
        arguments: [
            ("", "is empty"), ("abcde", "is longer than 4 bytes"), ("é🙂", "is longer than 4 bytes"), ("a/b", "holds a slash"),
            ("a\\b", "holds a slash"), ("/\u{301}", "holds a slash"), ("a\nb", "holds control characters"), ("\u{7F}", "holds control characters"),
        ])
    func bad(name: String, problem: String) {
        #expect(OnePartName.problem(name, atMost: 4) == problem)
    }

    @Test(
        "plain names are ASCII letters, digits and what is allowed besides",
        arguments: [
            ("aZ09", true), ("a-b", true), ("-b", false), ("a.b", false), ("ä", false), ("", false), ("@", false), ("[", false),
            ("abcdefghi", false),
        ])
    func plain(name: String, isPlain: Bool) {
        #expect(OnePartName.isPlain(name, besides: "-", noFirst: "-", atMost: 8) == isPlain)
    }
}
