import Foundation
import HostHTTP
import HostServer
import Testing

@Suite("Logins of browsers")
struct LoginTests {
    private static func basic(_ pair: String) -> [(String, String)] {
        [("Authorization", "Basic \(Data(pair.utf8).base64EncodedString())")]
    }

    private static let routes = ["/", "/page/app.js", "/v1/models", "/v1/internal/model/list"]

    @Test("with logins page and API ask for one, in a way that browsers understand; health does not")
    func asked() async {
        let client = InMemoryClient { $0.logins = ["ann:secret", "bob:pass:word"] }
        for path in Self.routes {
            let reply = await client.get(path)
            #expect(reply.status == 401 && reply.headers["WWW-Authenticate"] == #"Basic realm="ModelHost", charset="UTF-8""#)
            for pair in ["ann:secret", "bob:pass:word"] {
                #expect(await client.get(path, headers: Self.basic(pair)).status == 200, "\(path) \(pair)")
            }
            for pair in ["ann:secre", "ann", "ann:", ":secret", "bob:pass"] {
                #expect(await client.get(path, headers: Self.basic(pair)).status == 401, "\(path) \(pair)")
            }
            #expect(await client.get(path, headers: [("Authorization", "Basic !!")]).status == 401)
        }
        #expect(await client.get("/health").status == 200)
    }

    @Test("keys still open what they opened, and the page as well")
    func keys() async {
        let client = InMemoryClient { ($0.logins, $0.apiKey, $0.adminKey) = (["ann:secret"], "k", "a") }
        let (user, admin) = ([("Authorization", "Bearer k")], [("X-Api-Key", "a")])
        for path in ["/", "/v1/models"] {
            #expect(await client.get(path, headers: user).status == 200)
            #expect(await client.get(path, headers: admin).status == 200)
        }
        let list = "/v1/internal/model/list"
        #expect(await client.get(list, headers: admin).status == 200)
        #expect(await client.get(list, headers: user).status == 403)
        // Where there is an admin key, a login is not one.
        #expect(await client.get(list, headers: Self.basic("ann:secret")).status == 403)
    }

    @Test("without logins the page is open, whatever the key")
    func none() async {
        #expect(await InMemoryClient { $0.apiKey = "k" }.get("/").status == 200)
    }
}
