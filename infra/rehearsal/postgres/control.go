package postgres

import (
	"context"
	"fmt"
	"maps"
	"syscall"
)

// Stop shuts the server down: sessions end, what they had begun is undone. A
// server that is stopped already is fine.
func (s *Server) Stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unexport()
	if err := s.proc.Stop(ctx); err != nil {
		return fmt.Errorf("stop PostgreSQL: %w", err)
	}
	return nil
}

// Restart stops the server, if it runs, and starts it at the same address with
// the settings of now. It returns when the server takes connections.
func (s *Server) Restart(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.proc.Stop(ctx); err != nil {
		return fmt.Errorf("restart PostgreSQL: %w", err)
	}
	if err := s.launch(ctx); err != nil {
		return fmt.Errorf("restart PostgreSQL: %w", err)
	}
	return nil
}

// Configure changes settings: those that need it take effect at the next
// Restart, the others at once. An ALTER SYSTEM of the same name wins.
func (s *Server) Configure(settings map[string]string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	as, err := runAs()
	if err != nil {
		return fmt.Errorf("configure PostgreSQL: %w", err)
	}
	changed := maps.Clone(s.settings)
	maps.Copy(changed, settings)
	if err := s.writeConfig(changed, as); err != nil {
		return fmt.Errorf("configure PostgreSQL: %w", err)
	}
	s.settings = changed
	_ = s.proc.Signal(syscall.SIGHUP) // a stopped server reads them when it starts
	return nil
}

// SetCPUs gives the server and its backends that many CPUs, at once and after
// each restart; 0: all that there are.
func (s *Server) SetCPUs(n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cpus = n
	select {
	case <-s.proc.Done():
		return nil
	default:
		return pin(s.proc.PID(), s.first, n)
	}
}
