package localdiscord

import (
	"embed"
	"encoding/json"
	"io/fs"
	"net"
	"net/http"
	"strings"
)

//go:embed page
var page embed.FS

// routes builds the one handler of the server.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	rest := s.restRoutes()
	for _, v := range []string{"/api/v9", "/api/v10"} {
		mux.Handle(v+"/", http.StripPrefix(v, rest))
	}
	mux.HandleFunc("/api/", func(w http.ResponseWriter, _ *http.Request) { writeError(w, errInvalidVersion) })
	mux.HandleFunc("GET /gateway", s.serveGateway)
	mux.HandleFunc("GET /gateway/{$}", s.serveGateway) // discordgo adds the slash
	mux.HandleFunc("GET /cdn/attachments/{channel}/{id}/{name}", s.serveAttachment)
	for _, t := range s.cfg.Tabs {
		prefix := "/tabs/" + t.Name
		mux.Handle(prefix+"/", http.StripPrefix(prefix, t.Handler))
	}
	s.localRoutes(mux)
	static, err := fs.Sub(page, "page")
	if err != nil {
		panic(err) // the folder is part of the binary
	}
	mux.Handle("/", uncached(http.FileServerFS(static)))
	return onlyByAddress(mux)
}

// onlyByAddress refuses requests for a host name: a web page that resolves its
// own name to loopback could otherwise read and type here.
func onlyByAddress(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if host != "localhost" && net.ParseIP(strings.Trim(host, "[]")) == nil {
			http.Error(w, "this server answers to an address or to localhost", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func uncached(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client has gone: nobody is left to tell
}

func writeError(w http.ResponseWriter, e *apiError) { writeJSON(w, e.status, e) }

func (s *Server) serveAttachment(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	f, ok := s.files[r.PathValue("id")]
	s.mu.Unlock()
	if !ok || f.name != r.PathValue("name") {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	// Files share the page's origin, so what could run there is only saved.
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'")
	if f.contentType != "" {
		h.Set("Content-Type", f.contentType)
	} else {
		h.Set("Content-Type", "application/octet-stream")
	}
	_, _ = w.Write(f.data)
}
