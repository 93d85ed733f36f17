package reconcile

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/rehearsal/gateway"
	"github.com/chaotic-good/scenarios/infra/rehearsal/postgres"
)

func (s *site) startDatabase(ctx context.Context, seen Seen) error {
	s.mu.Lock()
	db := s.database
	s.mu.Unlock()
	if db != nil {
		s.log.WarnContext(ctx, "the database ended by itself; it is started again", "how", db.Process().Err())
		if err := db.Restart(ctx); err != nil {
			return err
		}
		s.watch(db.Process())
		return nil
	}
	if err := os.MkdirAll(s.dir, 0o711); err != nil {
		return fmt.Errorf("make the round's folder: %w", err)
	}
	// Before there is an instance it is what the stack is going to make of it.
	is := Server{Class: infra.DatabaseClass, Settings: map[string]string{"max_connections": infra.MaxConnections}}
	if d := seen.Database; d != nil {
		is = Server{Class: d.Class, Settings: d.Settings, Reboots: d.Reboots}
	}
	operator := s.r.cfg.Postgres.Operator(seen.Operator.Username, seen.Operator.Password)
	operator.Logged = true // the trail tells what the player does there
	var err error
	db, err = postgres.Start(ctx, postgres.Config{
		Group: s.r.cfg.Group, Log: s.log, Tool: s.r.cfg.Postgres, Dir: filepath.Join(s.dir, "postgres"), Template: s.r.cfg.Template,
		// With an old PostgreSQL the operator is a superuser. What that may do ends at
		// the cage.
		Cage:     s.r.cfg.Cage,
		Users:    []postgres.Login{operator},
		Database: seen.Operator.DBName, Settings: is.Settings, CPUs: cpusOf(is.Class), Name: "postgres", Source: strings.ToLower(string(s.id)) + "/postgres",
	})
	if err != nil {
		return fmt.Errorf("start the database: %w", err)
	}
	if err := db.Export(); err != nil {
		s.log.WarnContext(ctx, "nobody counts the database's connections", "error", err) // a graph stays empty
	}
	s.watch(db.Process())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.database, s.server = db, is
	return nil
}

// restartDatabase is a reboot, or a move to another class. It is also done where
// PostgreSQL does not come back, as with parameters that it cannot start with:
// the next pass finds it ended.
func (s *site) restartDatabase(ctx context.Context, d Database) error {
	s.mu.Lock()
	db := s.database
	s.mu.Unlock()
	if db == nil {
		return nil
	}
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.server.Class, s.server.Reboots = d.Class, d.Reboots
	}()
	if err := db.SetCPUs(cpusOf(d.Class)); err != nil {
		return err
	}
	if err := db.Restart(ctx); err != nil {
		return err
	}
	s.watch(db.Process())
	return nil
}

func (s *site) configureDatabase(settings map[string]string) error {
	s.mu.Lock()
	db := s.database
	s.mu.Unlock()
	if db == nil {
		return nil
	}
	if err := db.Configure(settings); err != nil {
		return fmt.Errorf("configure the database: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.server.Settings = maps.Clone(settings)
	return nil
}

// writeOperator writes down where the operator reaches the database.
func (s *site) writeOperator(ctx context.Context, login infra.DatabaseSecret, addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("write the operator's login: %w", err)
	}
	login.Host = host
	if login.Port, err = strconv.Atoi(port); err != nil {
		return fmt.Errorf("write the operator's login: %w", err)
	}
	value, err := json.Marshal(login)
	if err != nil {
		return fmt.Errorf("write the operator's login: %w", err)
	}
	defer s.r.news.add(fromSecrets)
	_, err = s.r.aws.secrets.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: &s.names.OperatorSecret, SecretString: aws.String(string(value))})
	if err := ignoreGone(err); err != nil {
		return fmt.Errorf("write the operator's login: %w", err)
	}
	return nil
}

func (s *site) stopDatabase(ctx context.Context) error {
	s.mu.Lock()
	if s.starting[StartDatabase] || s.starting[RestartDatabase] {
		s.mu.Unlock()
		return nil // the next pass stops it
	}
	db := s.database
	s.database = nil
	s.mu.Unlock()
	if db == nil {
		return nil
	}
	if err := db.Stop(ctx); err != nil {
		return fmt.Errorf("stop the database: %w", err)
	}
	return nil
}

// Database implements gateway.Truth.
func (r *Reconciler) Database(id string) (gateway.DatabaseView, bool) {
	for _, s := range r.all() {
		if s.names.Database != id {
			continue
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		return gateway.DatabaseView{Class: s.server.Class, Reboots: s.server.Reboots}, s.database != nil
	}
	return gateway.DatabaseView{}, false
}
