package shop

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// pageSize is how many products one page of the catalogue shows.
const pageSize = 24

const productColumns = "id, name, category, description, price_cents, stock"

type productPage struct {
	Products []product `json:"products"`
	Page     int       `json:"page"`
	Total    int64     `json:"total"`

	Suggestions []int64 `json:"suggestions,omitempty"` // what else one might like
}

const searchSQL = `SELECT ` + productColumns + `, count(*) OVER ()
	FROM products WHERE name ILIKE $1 OR description ILIKE $1
	ORDER BY price_cents, id LIMIT $2 OFFSET $3`

// suggestSQL weighs $2 candidates against what was asked for, over the catalogue
// again and again. What it takes is CPU of the database, in proportion to $2.
const suggestSQL = `SELECT p.id FROM generate_series(1, $2) AS n JOIN products p ON p.id = 1 + n % $3
	ORDER BY md5(p.description || n || $1), p.id LIMIT 4`

// listProducts answers GET /api/products?q=lantern&page=2.
func (s *shop) listProducts(r *http.Request) (answer, error) {
	q, page := r.URL.Query().Get("q"), 1
	if v := r.URL.Query().Get("page"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > catalogueSize {
			return answer{}, invalid("page must be a number from 1")
		}
		page = n
	}
	if len(q) > 100 {
		return answer{}, invalid("q is longer than 100 bytes")
	}
	out := productPage{Products: []product{}, Page: page}
	err := s.db.use(r.Context(), func(c *pgxpool.Conn) error {
		rows, err := c.Query(r.Context(), searchSQL, pattern(q), pageSize, (page-1)*pageSize)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var p product
			if err := rows.Scan(append(p.fields(), &out.Total)...); err != nil {
				return err
			}
			out.Products = append(out.Products, p)
		}
		if err := rows.Err(); err != nil || s.suggestions == 0 {
			return err
		}
		rows.Close()
		rows, err = c.Query(r.Context(), suggestSQL, q, s.suggestions, catalogueSize)
		if err != nil {
			return err
		}
		out.Suggestions, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		return err
	})
	if err != nil {
		return answer{}, fmt.Errorf("list products: %w", err)
	}
	return answer{http.StatusOK, out}, nil
}

// showProduct answers GET /api/products/{id}.
func (s *shop) showProduct(r *http.Request) (answer, error) {
	id, err := pathID(r)
	if err != nil {
		return answer{}, err
	}
	var p product
	err = s.db.use(r.Context(), func(c *pgxpool.Conn) error {
		return c.QueryRow(r.Context(), "SELECT "+productColumns+" FROM products WHERE id = $1", id).Scan(p.fields()...)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return answer{}, missing("no such product")
	}
	if err != nil {
		return answer{}, fmt.Errorf("show product: %w", err)
	}
	return answer{http.StatusOK, p}, nil
}

// fields are where productColumns are scanned to.
func (p *product) fields() []any {
	return []any{&p.ID, &p.Name, &p.Category, &p.Description, &p.PriceCents, &p.Stock}
}

// pattern matches q anywhere, and q's own wildcards only as themselves.
func pattern(q string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(q) + "%"
}

func pathID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id < 1 {
		return 0, missing("the id must be a number from 1")
	}
	return id, nil
}

func invalid(say string) *problem {
	return &problem{code: http.StatusBadRequest, reason: "invalid", say: say}
}

func missing(say string) *problem {
	return &problem{code: http.StatusNotFound, reason: "not_found", say: say}
}
