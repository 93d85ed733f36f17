# The database: one small PostgreSQL of RDS, private and encrypted, of which
# nothing is kept. RDS makes its operator's password, so no state holds it.
variable "names" {
  description = "The round's names."
  type        = map(string)
}

variable "layout" {
  description = "layout.json."
  type        = any
}

variable "subnets" {
  description = "Ids of the subnets, by role."
  type        = map(string)
}

variable "group" {
  description = "Id of its security group."
  type        = string
}

locals {
  tags = {
    role = "database"
    Name = var.names.database
  }
  log = "/aws/rds/instance/${var.names.database}/postgresql"
}

resource "aws_db_subnet_group" "this" {
  name        = var.names.database
  description = var.names.database
  subnet_ids  = [for role in var.layout.database.subnets : var.subnets[role]]
  tags        = local.tags
}

# Connections are given so few that they can run out in a minute. The parameter
# is static: it holds from the first start.
resource "aws_db_parameter_group" "this" {
  name        = var.names.database
  description = var.names.database
  family      = var.layout.database.family
  tags        = local.tags

  dynamic "parameter" {
    for_each = var.layout.database.parameters
    content {
      name         = parameter.key
      value        = parameter.value
      apply_method = "pending-reboot"
    }
  }
}

# RDS makes it where there is none, and then nobody would remove it.
resource "aws_cloudwatch_log_group" "this" {
  name              = local.log
  retention_in_days = 7

  tags = {
    role = "database"
    Name = local.log
  }
}

resource "aws_db_instance" "this" {
  identifier = var.names.database
  db_name    = var.names.database_name
  port       = var.layout.ports.postgres

  engine                     = "postgres"
  engine_version             = var.layout.database.version
  auto_minor_version_upgrade = false
  instance_class             = var.layout.database.class
  allocated_storage          = var.layout.database.storage
  storage_encrypted          = true

  # RDS changes such a password after seven days, long after a round is over.
  username                    = var.names.operator_user
  manage_master_user_password = true

  db_subnet_group_name   = aws_db_subnet_group.this.name
  parameter_group_name   = aws_db_parameter_group.this.name
  vpc_security_group_ids = [var.group]
  publicly_accessible    = false
  multi_az               = false

  enabled_cloudwatch_logs_exports = ["postgresql"]

  backup_retention_period  = 0
  delete_automated_backups = true
  skip_final_snapshot      = true
  deletion_protection      = false
  apply_immediately        = true

  tags = local.tags

  depends_on = [aws_cloudwatch_log_group.this]

  lifecycle {
    # A fix of the player's, which another provision must not undo.
    ignore_changes = [instance_class]
  }
}

output "host" {
  description = "Its address."
  value       = aws_db_instance.this.address
}

output "operator_secret" {
  description = "ARN of the secret of RDS with the operator's name and password."
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}
