package localdiscord

import "sync"

// mailbox is an unbounded queue: whoever holds the server's lock must never
// wait for a slow reader.
type mailbox struct {
	wake chan struct{} // has a token when something was put

	mu    sync.Mutex
	items [][]byte
}

func newMailbox() *mailbox { return &mailbox{wake: make(chan struct{}, 1)} }

func (m *mailbox) put(b []byte) {
	m.mu.Lock()
	m.items = append(m.items, b)
	m.mu.Unlock()
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

func (m *mailbox) take() [][]byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	items := m.items
	m.items = nil
	return items
}
