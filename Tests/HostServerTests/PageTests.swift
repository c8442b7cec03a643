import HostCore
import HostHTTP
import HostServer
import Testing

@Suite("The page")
struct PageTests {
    @Test("its files come with their types and a policy that runs nothing inline", arguments: [
        ("/", "text/html; charset=utf-8"), ("/page.css", "text/css; charset=utf-8"), ("/page.js", "text/javascript; charset=utf-8"),
        ("/page.svg", "image/svg+xml"),
    ])
    func files(path: String, type: String) async {
        let reply = await InMemoryClient().get(path)
        #expect(reply.status == 200 && reply.headers["Content-Type"] == type)
        let policy = reply.headers["Content-Security-Policy"] ?? ""
        #expect(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"))
        #expect(!policy.contains("unsafe-inline"))
        #expect(reply.headers["X-Content-Type-Options"] == "nosniff")
    }

    @Test("B16: nothing on it turns text into HTML, and nothing comes from elsewhere")
    func plainText() async {
        let client = InMemoryClient()
        let html = await client.get("/").text
        let script = await client.get("/page.js").text
        for danger in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "DOMParser"] {
            #expect(!script.contains(danger))
        }
        for inline in [" onclick", " onload", " style=", "<style", "javascript:", "http://", "https://"] {
            #expect(!html.contains(inline))
        }
    }

    @Test("every element that the script asks for is on the page")
    func elements() async {
        let client = InMemoryClient()
        let html = await client.get("/").text
        let script = await client.get("/page.js").text
        let names = script.matches(of: /\$\("([a-z-]+)"\)/).map { String($0.output.1) }
        #expect(names.count > 40)
        for name in Set(names) { #expect(html.contains("id=\"\(name)\""), "\(name)") }
    }
}
