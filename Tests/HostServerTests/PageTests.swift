import Foundation
import HostCore
import HostHTTP
import HostServer
import Support
import Testing

@Suite("The page")
struct PageTests {
    static let files = Fixture.root.appending(path: "Sources/CHostPage/files")

    static func paths() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: files.path(percentEncoded: false)).filter { $0.contains(".") }.sorted()
    }

    @Test(
        "its files come with their types and a policy that runs nothing inline",
        arguments: [
            ("/", "text/html; charset=utf-8"), ("/page/page.css", "text/css; charset=utf-8"), ("/page/app.js", "text/javascript; charset=utf-8"),
            ("/page/lib/dom.js", "text/javascript; charset=utf-8"), ("/page/icon.svg", "image/svg+xml"),
        ])
    func types(path: String, type: String) async {
        let reply = await InMemoryClient().get(path)
        #expect(reply.status == 200 && reply.headers["Content-Type"] == type)
        let policy = reply.headers["Content-Security-Policy"] ?? ""
        #expect(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"))
        #expect(!policy.contains("unsafe-inline"))
        #expect(reply.headers["X-Content-Type-Options"] == "nosniff")
    }

    @Test("every file of the folder is in the program as it is there")
    func embedded() async throws {
        let client = InMemoryClient()
        for path in try Self.paths() {
            let bytes = [UInt8](try Data(contentsOf: Self.files.appending(path: path)))
            let reply = await client.get("/page/\(path)")
            #expect(reply.status == 200 && reply.bytes == bytes, "\(path) is not in Sources/CHostPage/page.c, or as it was before")
        }
    }

    @Test("a browser that has a file is told so, and gets it again once it has changed")
    func tags() async throws {
        let client = InMemoryClient()
        let first = await client.get("/page/app.js"), tag = try #require(first.headers["ETag"])
        let again = await client.get("/page/app.js", headers: [("If-None-Match", "\"other\", W/\(tag)")])
        #expect(again.status == 304 && again.bytes.isEmpty && again.headers["ETag"] == tag)
        #expect(await client.get("/page/app.js", headers: [("If-None-Match", "\"other\"")]).status == 200)
    }

    @Test("a folder takes the place of the files in the program, and nothing leads out of it")
    func folder() async throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let page = folder.url.appending(path: "page")
        try FileManager.default.createDirectory(at: page.appending(path: "lib"), withIntermediateDirectories: true)
        try Data("changed".utf8).write(to: page.appending(path: "app.js"))
        try Data("secret".utf8).write(to: folder.url.appending(path: "secret.js"))
        try FileManager.default.createSymbolicLink(at: page.appending(path: "lib/out.js"), withDestinationURL: folder.url.appending(path: "secret.js"))
        let client = InMemoryClient { $0.pageFolder = page.path(percentEncoded: false) }
        #expect(await client.get("/page/app.js").text == "changed")
        #expect(await client.get("/page/page.css").status == 404)
        for path in [
            "/page/lib/out.js", "/page/../secret.js", "/page/lib/../../secret.js", "/page//secret.js", "/page/lib/", "/page/.js",
            "/page/..", "/page/%2e%2e/secret.js", "/page/app.js/", "/page/a/b/c.js", "/page/APP.js", "/page/app.swift", "/page/app.js\u{0}",
        ] {
            let reply = await client.get(path)
            #expect(reply.status == 404 && !reply.text.contains("secret"), "\(path)")
        }
    }

    @Test("B16: nothing on it turns text into HTML, nothing comes from elsewhere, and no file is longer than one sitting")
    func plainText() throws {
        for path in try Self.paths() {
            let text = try String(contentsOf: Self.files.appending(path: path), encoding: .utf8)
            for danger in [
                "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "DOMParser",
                "createContextualFragment", "srcdoc", "setHTMLUnsafe",
            ] {
                #expect(!text.contains(danger), "\(path): \(danger)")
            }
            #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count <= 400, "\(path)")
            guard path.hasSuffix(".html") else { continue }
            for inline in [" onclick", " onload", " style=", "<style", "javascript:", "http://", "https://", "<script>"] {
                #expect(!text.contains(inline), "\(path): \(inline)")
            }
        }
    }

    @Test("every element that a script asks for by its name is on the page")
    func elements() throws {
        let html = try String(contentsOf: Self.files.appending(path: "index.html"), encoding: .utf8)
        for path in try Self.paths() where path.hasSuffix(".js") {
            let script = try String(contentsOf: Self.files.appending(path: path), encoding: .utf8)
            for match in script.matches(of: /(?:\$|\b(?:attempt|click|fail|fill|listen|press|show))\("([a-z-]+)"/) {
                #expect(html.contains("id=\"\(match.output.1)\""), "\(path): \(match.output.1)")
            }
        }
    }

    @Test("every text of the page has its French once, as a whole or by its beginning, and nothing else has")
    func french() throws {
        let table = try String(contentsOf: Self.files.appending(path: "fr.js"), encoding: .utf8)
        let keys = table.matches(of: #/(?m)^(.+?) = /#).map { String($0.output.1) }
        func check(_ text: String, _ path: String) {
            let found = keys.filter { $0.hasSuffix("*") ? text.hasPrefix($0.dropLast()) : text == $0 }
            #expect(found.count == 1, "\(path): \(text) has \(found.count) translations")
        }
        var all = ""
        for path in try Self.paths() where path != "fr.js" {
            let text = try String(contentsOf: Self.files.appending(path: path), encoding: .utf8).replacing(/\$\{[^{}]*\}/, with: "{}")
            all += text
            if path.hasSuffix(".html") {
                // Names of keys and of the program are the same in every language.
                for match in text.matches(of: #/<(?!kbd|title)[^>]*>(\w[^<]+)</#) where match.output.1 != "ModelHost" {
                    check(match.output.1.trimmingCharacters(in: .whitespacesAndNewlines), path)
                }
            } else {
                for match in text.matches(of: /\bt`([^`]+)`/) { check(String(match.output.1), path) }
            }
        }
        for key in keys { #expect(all.contains(key.hasSuffix("*") ? String(key.dropLast()) : key), "\(key) is on no page") }
    }

    @Test("the page is told what it needs of the host")
    func settings() async throws {
        let client = InMemoryClient {
            $0.pageStreams = false
            $0.sampling.temperature = 0.5
        }
        let json = try await client.get("/v1/internal/page").json()
        #expect(json["streams"] == false && json["sampling"]?["temperature"]?.doubleValue == 0.5)
    }
}
